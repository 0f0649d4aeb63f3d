export { RealtimeClient } from './realtime-client.js';

/**
 * @typedef {import('./realtime-client.js').RealtimeOptions} RealtimeOptions
 * @typedef {import('./realtime-client.js').StateDetail} StateDetail
 * @typedef {import('./realtime-client.js').ResetDetail} ResetDetail
 * @typedef {import('./realtime-client.js').RunsDetail} RunsDetail
 * @typedef {import('./realtime-client.js').Filter} Filter
 * @typedef {import('./protocol.js').EventPayloads} EventPayloads
 * @typedef {import('./protocol.js').ErrorCode} ErrorCode
 * @typedef {import('./runs.js').Run} Run
 * @typedef {import('./runs.js').Part} Part
 * @typedef {import('./runs.js').Tool} Tool
 */

/**
 * @template {Record<string, any>} [Custom={}]
 * @typedef {import('./realtime-client.js').RealtimeEvent<Custom>} RealtimeEvent
 */

/**
 * @template {Record<string, any>} [Custom={}]
 * @typedef {import('./realtime-client.js').RealtimeEventMap<Custom>} RealtimeEventMap
 */
