/** To `window.onerror` or the console, without throwing it here. @param {unknown} error */
export const report = (error) => (globalThis.reportError ?? console.error)(error);

/**
 * @template {Record<string, any>} Events
 * @template {keyof Events} K
 * @typedef {((event: CustomEvent<Events[K]>) => void) | { handleEvent(event: CustomEvent<Events[K]>): void } | null} Listener
 */

/**
 * An EventTarget whose listeners can fail: it is reported and ends neither the other listeners nor, in Node where it
 * would be an uncaught exception, the process.
 * @template {Record<string, any>} Events event name to its `detail`
 */
export class GuardedEventTarget extends EventTarget {
  /** @type {WeakMap<object, any>} */
  #guarded = new WeakMap();

  /** @template {keyof Events & string} K
   * @param {K} type @param {Listener<Events, K>} listener @param {AddEventListenerOptions | boolean} [options] */
  addEventListener(type, listener, options) {
    if (!listener) return;
    if (!this.#guarded.has(listener)) {
      this.#guarded.set(listener, async (/** @type {any} */ event) => {
        try {
          await (typeof listener === 'function' ? listener.call(this, event) : listener.handleEvent(event));
        } catch (error) {
          report(error);
        }
      });
    }
    super.addEventListener(type, this.#guarded.get(listener), options);
  }

  /** @template {keyof Events & string} K
   * @param {K} type @param {Listener<Events, K>} listener @param {EventListenerOptions | boolean} [options] */
  removeEventListener(type, listener, options) {
    if (listener) super.removeEventListener(type, this.#guarded.get(listener) ?? null, options);
  }
}
