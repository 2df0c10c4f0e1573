/**
 * A client of the notification stream: an ES module without dependencies, for browsers and Node 20+.
 *
 *   import { openStream } from "./stream.js";
 *   const stream = openStream({
 *     url: "https://relay.example.com/api/notifications/stream/seller-1",
 *     getToken: async () => (await auth.session()).accessToken,   // asked before every connection
 *     onEvent: (event) => show(event),                            // a CloudEvent: {id, type, subject, data, ...}
 *     onReset: async (reason) => reloadTasks(),                   // there may be a hole: read the tasks again
 *   });
 *   stream.close();
 *
 * It connects again by itself, with backoff and jitter, from the last event it has seen. Events that were seen
 * already (by id) or are stale (`data.sequence` of their task) are dropped.
 *
 * Browsers' own EventSource cannot send a token; it works with a ticket (POST /api/notifications/ticket), which
 * lasts a minute: after an error make a new EventSource with a new ticket and `&last_event_id=` of the last event.
 */

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;
const SILENT_MS = 45_000; // three heartbeats
const BUSY_RETRIES = 3; // of a 502, 503 or 504, at short intervals, before the longer waits begin
const BUSY_WAIT_MS = 300;
const REMEMBERED = 2_000;
const BUSY = new Set([502, 503, 504]);
const RETRIED = new Set([408, 425, 429, 500]);

/** A connection could not be made and will not be tried again; `status` is the HTTP status. */
export class StreamError extends Error {
  constructor(message, status) {
    super(message);
    this.name = "StreamError";
    this.status = status;
  }
}

/**
 * Reads server-sent events (WHATWG HTML, section 9.2.6) from text in pieces.
 *
 * Feed it with `push(text)`; it calls `onEvent({id, type, data})` for each event and `onRetry(ms)`.
 */
export class EventStreamParser {
  #line = "";
  #data = [];
  #type = "";
  #id = "";
  #started = false;
  #afterCarriageReturn = false;
  /** The last event id, as sent on reconnecting; that of an event which was cut off does not count. */
  lastEventId = "";

  constructor({ onEvent, onRetry = () => {} }) {
    this.onEvent = onEvent;
    this.onRetry = onRetry;
  }

  /** Begin a new connection: what was cut off is dropped, the last event id stays. */
  reset() {
    this.#line = "";
    this.#data = [];
    this.#type = "";
    this.#id = this.lastEventId;
    this.#started = false;
    this.#afterCarriageReturn = false;
  }

  push(text) {
    if (!this.#started && text.length > 0) {
      this.#started = true;
      if (text.startsWith("\uFEFF")) text = text.slice(1);
    }
    if (this.#afterCarriageReturn && text.length > 0) {
      this.#afterCarriageReturn = false;
      if (text.startsWith("\n")) text = text.slice(1);
    }
    const lines = (this.#line + text).split(/\r\n|\n|\r/);
    this.#afterCarriageReturn = text.endsWith("\r");
    this.#line = lines.pop();
    for (const line of lines) this.#take(line);
  }

  #take(line) {
    if (line === "") return this.#dispatch();
    const colon = line.indexOf(":");
    if (colon === 0) return;
    const field = colon < 0 ? line : line.slice(0, colon);
    let value = colon < 0 ? "" : line.slice(colon + 1);
    if (value.startsWith(" ")) value = value.slice(1);
    if (field === "event") this.#type = value;
    else if (field === "data") this.#data.push(value);
    else if (field === "id" && !value.includes("\0")) this.#id = value;
    else if (field === "retry" && /^[0-9]+$/.test(value)) this.onRetry(Number(value));
  }

  #dispatch() {
    const data = this.#data;
    const type = this.#type || "message";
    this.#data = [];
    this.#type = "";
    this.lastEventId = this.#id;
    if (data.length > 0) this.onEvent({ id: this.lastEventId, type, data: data.join("\n") });
  }
}

/** Which events are new: by id, and by the sequence of their task. */
export class Seen {
  #ids = new Set();
  #sequences = new Map();

  /** Whether this CloudEvent was not seen before and is not stale; from then on it is seen. */
  isNew({ id, subject, data }) {
    if (this.#ids.has(id)) return false;
    remember(this.#ids, id);
    const sequence = data?.sequence;
    if (subject === undefined || typeof sequence !== "number") return true;
    if (sequence <= (this.#sequences.get(subject) ?? -Infinity)) return false;
    this.#sequences.delete(subject);
    this.#sequences.set(subject, sequence);
    trim(this.#sequences);
    return true;
  }
}

function remember(set, value) {
  set.add(value);
  trim(set);
}

function trim(collection) {
  if (collection.size > REMEMBERED) collection.delete(collection.keys().next().value);
}

/** How long to wait after the n-th failure in a row (n from 1), in ms: exponential, the upper half drawn. */
export function backoff(failures, base = FIRST_WAIT_MS, random = Math.random) {
  const longest = Math.min(LONGEST_WAIT_MS, base * 2 ** Math.min(failures - 1, 20));
  return longest / 2 + (longest / 2) * random();
}

/**
 * Open the stream and keep it open.
 *
 * @param {object} options
 * @param {string} options.url the user's stream
 * @param {() => Promise<string>} options.getToken a valid bearer token; asked before every connection, and told
 *   `{refused: true}` when the last one was refused
 * @param {(event: object) => void} options.onEvent gets each CloudEvent once
 * @param {(reason: string) => void | Promise<void>} [options.onReset] events may be missing: read the tasks again;
 *   if that fails, onError is told
 * @param {(state: "connecting" | "open" | "waiting" | "closed") => void} [options.onState]
 * @param {(error: Error) => void} [options.onError] told of every failure; a StreamError is final
 * @param {string} [options.lastEventId] where to resume, e.g. kept in sessionStorage
 * @param {typeof fetch} [options.fetch] for tests
 * @returns {{close: () => void, readonly lastEventId: string, readonly done: Promise<void>}}
 */
export function openStream(options) {
  const connection = new Connection(options);
  const done = connection.run();
  return {
    close: () => connection.close(),
    get lastEventId() {
      return connection.lastEventId;
    },
    done,
  };
}

class Connection {
  #options;
  #parser;
  #seen = new Seen();
  #closed = new AbortController();
  #failures = 0;
  #busy = 0;
  #refused = false;
  #base = FIRST_WAIT_MS;

  constructor(options) {
    this.#options = { onReset() {}, onState() {}, onError() {}, fetch: globalThis.fetch, ...options };
    this.#parser = new EventStreamParser({
      onEvent: (event) => this.#take(event),
      onRetry: (ms) => (this.#base = Math.min(ms, LONGEST_WAIT_MS)),
    });
    this.#parser.lastEventId = options.lastEventId ?? "";
  }

  get lastEventId() {
    return this.#parser.lastEventId;
  }

  close() {
    this.#closed.abort();
  }

  async run() {
    while (!this.#closed.signal.aborted) {
      try {
        this.#options.onState("connecting");
        await this.#connect();
        this.#failures = 1; // it was open and has ended: come back soon, but not all at once
        this.#busy = 0;
      } catch (error) {
        if (this.#closed.signal.aborted) break;
        this.#options.onError(error);
        if (error instanceof StreamError) break;
        this.#failures = error.wasOpen ? 1 : this.#failures + 1;
        this.#busy = error.isBusy ? this.#busy + 1 : 0;
        if (error.retryAfter) await this.#sleep(error.retryAfter * 1000);
      }
      if (this.#closed.signal.aborted) break;
      this.#options.onState("waiting");
      await this.#sleep(this.#wait());
    }
    this.#options.onState("closed");
  }

  #wait() {
    if (this.#busy > 0 && this.#busy <= BUSY_RETRIES) return backoff(this.#busy, BUSY_WAIT_MS);
    return backoff(Math.max(1, this.#failures), this.#base);
  }

  async #connect() {
    const abort = new AbortController();
    const stop = () => abort.abort();
    this.#closed.signal.addEventListener("abort", stop);
    let watch = setTimeout(stop, SILENT_MS);
    let wasOpen = false;
    try {
      const { fetch, url } = this.#options; // browsers refuse a fetch that is called as another object's method
      const response = await fetch(url, {
        headers: await this.#headers(),
        cache: "no-store",
        signal: abort.signal,
      });
      this.#check(response);
      wasOpen = true;
      this.#options.onState("open");
      this.#parser.reset();
      const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
      const reader = response.body.getReader();
      for (;;) {
        clearTimeout(watch);
        watch = setTimeout(stop, SILENT_MS); // also notices a connection that died without a word
        const { done, value } = await reader.read();
        if (done) return;
        this.#parser.push(decoder.decode(value, { stream: true }));
      }
    } catch (error) {
      throw Object.assign(error instanceof Error ? error : new Error(String(error)), { wasOpen });
    } finally {
      clearTimeout(watch);
      abort.abort(); // lets go of the connection when we leave it, whatever the reason
      this.#closed.signal.removeEventListener("abort", stop);
    }
  }

  async #headers() {
    const token = await this.#options.getToken({ refused: this.#refused });
    const headers = { Authorization: `Bearer ${token}`, Accept: "text/event-stream" };
    if (this.#parser.lastEventId) headers["Last-Event-ID"] = this.#parser.lastEventId;
    return headers;
  }

  #check(response) {
    const { status } = response;
    if (status === 200) {
      this.#refused = false;
      const type = response.headers.get("content-type") ?? "";
      // A sign-in page of a network, or a wrong address that answers with a web page: not the stream.
      if (!/^text\/event-stream\b/i.test(type)) throw new Error(`the stream answered with ${type || "no type"}`);
      return;
    }
    // A refused token may just have expired: one more try, for which getToken can fetch a new one.
    if (status === 401 && !this.#refused) {
      this.#refused = true;
      throw new Error("the token was refused");
    }
    if (!BUSY.has(status) && !RETRIED.has(status)) {
      throw new StreamError(`the stream answered ${status}`, status);
    }
    const retryAfter = status === 429 ? Number(response.headers.get("retry-after")) || 5 : 0;
    throw Object.assign(new Error(`the stream answered ${status}`), { retryAfter, isBusy: BUSY.has(status) });
  }

  #take({ type, data }) {
    let event;
    try {
      event = JSON.parse(data);
    } catch (error) {
      this.#options.onError(error);
      return;
    }
    if (type === "reset") this.#reset(event.data?.reason ?? "unknown");
    else if (this.#seen.isNew(event)) this.#options.onEvent(event);
  }

  async #reset(reason) {
    try {
      await this.#options.onReset(reason); // mostly reads the tasks, which may fail just when there is a reset
    } catch (error) {
      this.#options.onError(error);
    }
  }

  #sleep(ms) {
    const { signal } = this.#closed;
    return new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const finish = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", finish);
        resolve();
      };
      const timer = setTimeout(finish, ms);
      signal.addEventListener("abort", finish);
    });
  }
}
