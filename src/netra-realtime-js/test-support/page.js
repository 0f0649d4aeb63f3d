// A page for React to draw on, in Node. To be imported before react-dom, which looks for it when it is loaded.
import { Window } from 'happy-dom';

const window = new Window();
const globals = { window, document: window.document, navigator: window.navigator, IS_REACT_ACT_ENVIRONMENT: true };
for (const [name, value] of Object.entries(globals)) Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
const { act, StrictMode, createElement } = await import('react');
const { createRoot } = await import('react-dom/client');
const { settle } = await import('./fakes.js');

/** Draws a component on an empty page. `next` lets happen what a function does, and draws what came of it. */
export async function draw(component, props = {}, { isStrict = false } = {}) {
  const element = window.document.createElement('main');
  const root = createRoot(element);
  const next = (happens = () => {}) => act(async () => { await happens(); await settle(); });
  const show = (shown) => next(() => root.render(isStrict ? createElement(StrictMode, null, shown) : shown));
  await show(createElement(component, props));
  return {
    element, next,
    get text() { return element.textContent; },
    change: (changed) => show(createElement(component, { ...props, ...changed })),
    leave: () => next(() => root.unmount()),
  };
}
