const Key = 'netra.client';
const Tries = 6;
const PauseMs = 100;

/**
 * @typedef {Pick<Storage, 'getItem' | 'setItem'>} ClientStorage
 * @typedef {{ setTimeout(run: () => void, ms: number): any, clearTimeout(timer: any): void, now(): number }} Clock
 */

/** Whether the server takes this as `client`. @param {unknown} id @returns {id is string} */
export const isClientId = (id) => typeof id === 'string' && /^[A-Za-z0-9_-]{1,64}$/.test(id);

/**
 * The id of this tab: the same one after a reload, another one in a duplicated tab.
 *
 * A duplicated tab starts with a copy of sessionStorage, and two tabs with one id would take the connection from each
 * other (4509). So an id belongs to whoever holds the Web Lock of its name, which the browser gives back with the page.
 * Without locks (plain http, Node) nothing tells a copy from a reload: then every page gets a new id.
 *
 * @param {{ storage?: ClientStorage | null, locks?: LockManager | null, clock: Clock, former?: string,
 *   released: Promise<void> }} environment `former`: what this client had before; `released`: when it is done with it
 * @returns {Promise<string>}
 */
export async function claimClientId({ storage = pageStorage(), locks = pageLocks(), clock, former = newClientId(), released }) {
  if (!storage || !locks) return former;
  try {
    const own = storage.getItem(Key);
    if (isClientId(own)) {
      // After a reload the old page may let go of its lock a little late. Half a second is the most that a duplicated
      // tab, for which it is never free, waits for nothing.
      for (let attempt = 1; attempt <= Tries; attempt++) {
        if (await hold(locks, own, released)) return own;
        if (attempt < Tries) await new Promise((resume) => clock.setTimeout(() => resume(undefined), PauseMs));
      }
    }
    const fresh = newClientId();
    await hold(locks, fresh, released);
    storage.setItem(Key, fresh);
    return fresh;
  } catch {
    // Storage that is full or forbidden, locks of an opaque origin: an id of its own is right, only not kept.
    return former;
  }
}

/** @param {LockManager} locks @param {string} id @param {Promise<void>} released
 * @returns {Promise<boolean>} whether this page has it now */
function hold(locks, id, released) {
  return new Promise((resolve, reject) => {
    locks.request(`${Key}.${id}`, { ifAvailable: true }, (lock) => {
      resolve(lock !== null);
      return lock && released;
    }).catch(reject);
  });
}

function newClientId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16)); // randomUUID is missing on plain http
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** @returns {ClientStorage | null} */
function pageStorage() {
  try {
    return globalThis.sessionStorage ?? null;
  } catch {
    return null; // the getter itself throws where the user has forbidden storage
  }
}

const pageLocks = () => globalThis.navigator?.locks ?? null;
