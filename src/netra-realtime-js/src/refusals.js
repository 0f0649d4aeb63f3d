// What the end of a connection or a refused handshake means for coming back.

// What a server says by mistake must not park a client for good, and setTimeout fires at once above 2^31 ms.
const MaxWaitMs = 3_600_000;
/** @param {number} ms as the server said */
export const waitMs = (ms) => (ms > 0 ? Math.min(ms, MaxWaitMs) : 0); // what is no number is not above 0

/** @type {Record<number, string>} */
const Words = {
  400: 'The server refused the request.', 401: 'You are not signed in.', 403: 'The server does not allow this connection.',
  429: 'The server asks for fewer connection attempts.', 503: 'The server is not taking connections right now.',
  1000: 'The server ended the connection.', 1001: 'The server is going away.', 1006: 'The connection was lost.',
  1008: 'The server refused the behaviour of this client.', 1009: 'A message was too big.',
  1011: 'The server had an internal error.', 1012: 'The server is restarting.', 1013: 'The server has no room for this connection.',
  4400: 'The server ended this connection.', 4401: 'The credentials ran out.', 4407: 'The server heard nothing from this client.', 4408: 'This client was too slow.',
  4429: 'This client sent too many messages.', 4500: 'Access was revoked.', 4509: 'Another connection took the place of this one.',
};
/** For people. @param {number} code a close code or an HTTP status */
export const words = (code) => Words[code] ?? `The connection was closed (${code}).`;
/** The same, if it is one with which the server refuses handshakes. @param {number} status of HTTP @returns {string | undefined} */
export const refusal = (status) => Words[status];

/** From 4500 on: stay away; the other 4000s: come back. @param {number} code */
export const closeVerdict = (code) => ({
  staysAway: code === 1000 || code === 1008 || code >= 4500,
  isProtocolError: code === 1002 || code === 1003 || code === 1007 || code === 1009,
  notSoonerMs: code === 1013 ? 30_000 : code === 4429 ? 5_000 : 0,
});

/** Whether only other credentials would help: everything else may be over in a moment, even a 400. @param {number} status */
export const isRefusal = (status) => status === 401 || status === 403;

/** @param {string | null} header a number of seconds or a date @param {number} now */
function parseRetryAfter(header, now) {
  const value = header ?? '';
  return waitMs(/^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now);
}

/**
 * A browser hides why a handshake failed; a plain GET of the same URL answers the same refusal, or 426.
 * @param {URL} asked @param {string | undefined} token as in the handshake @param {typeof fetch} fetch
 * @param {AbortSignal} signal @param {number} now
 * @returns {Promise<{ status: number, retryAfterMs: number }>} status 0 when there is no answer
 */
export async function askWhy(asked, token, fetch, signal, now) {
  try {
    const url = new URL(asked);
    url.protocol = url.protocol.replace('ws', 'http');
    // A page cannot set the subprotocol header that carries its token: without this, the answer would always be 401.
    const headers = token ? { Authorization: `Bearer ${token}` } : undefined;
    const response = await fetch(url.href, { credentials: 'include', cache: 'no-store', redirect: 'manual', signal, headers });
    response.body?.cancel().catch(() => {}); // only frees the socket; a failure to do so changes nothing
    return { status: response.status, retryAfterMs: parseRetryAfter(response.headers.get('retry-after'), now) };
  } catch {
    // No answer, or one that this page may not read: to a client it is the network, and that comes back.
    return { status: 0, retryAfterMs: 0 };
  }
}
