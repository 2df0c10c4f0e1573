// Run by test_clients.py: `node --test stream.test.mjs`. The parsing examples are those of WHATWG HTML 9.2.6.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";

import { EventStreamParser, Seen, backoff, openStream } from "../../../notifications/clients/stream.js";

function parse(text, cuts = []) {
  const events = [];
  const retries = [];
  const parser = new EventStreamParser({ onEvent: (event) => events.push(event), onRetry: (ms) => retries.push(ms) });
  let from = 0;
  for (const cut of [...cuts, text.length]) {
    parser.push(text.slice(from, cut));
    from = cut;
  }
  return { events, retries, lastEventId: parser.lastEventId };
}

const EXAMPLES = [
  ["YHOO", "data: YHOO\ndata: +2\ndata: 10\n\n", [["", "message", "YHOO\n+2\n10"]]],
  [
    "four blocks",
    ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n",
    [["1", "message", "first event"], ["", "message", "second event"]],
  ],
  ["two events of empty lines", "data\n\ndata\ndata\n\ndata:", [["", "message", ""], ["", "message", "\n"]]],
  ["identical", "data:test\n\ndata: test\n\n", [["", "message", "test"], ["", "message", "test"]]],
  ["types", "event: add\ndata: 1\n\nevent: remove\ndata: 2\n\ndata: 3\n\n", [["", "add", "1"], ["", "remove", "2"], ["", "message", "3"]]],
  ["carriage returns", "data: a\rdata: b\r\rdata: c\r\n\r\n", [["", "message", "a\nb"], ["", "message", "c"]]],
  ["byte order mark", "\uFEFFdata: x\n\n", [["", "message", "x"]]],
  ["id without data moves the id", "id: 7\n\ndata: x\n\n", [["7", "message", "x"]]],
  ["nul in id is ignored", "id: 1\ndata: a\n\nid: 2\0\ndata: b\n\n", [["1", "message", "a"], ["1", "message", "b"]]],
  ["unknown fields", "foo: bar\ndata: x\ndataa: y\n\n", [["", "message", "x"]]],
  ["heartbeats between", ":\nid: 0-1\n:\nevent: t\ndata: x\n:\n\n:\n", [["0-1", "t", "x"]]],
];

for (const [name, text, expected] of EXAMPLES) {
  test(`parses: ${name}, cut anywhere`, () => {
    for (let first = 0; first <= text.length; first += 1) {
      const { events } = parse(text, [first, Math.min(first + 1, text.length)]);
      assert.deepEqual(events.map(({ id, type, data }) => [id, type, data]), expected);
    }
  });
}

test("retry takes digits only", () => {
  assert.deepEqual(parse("retry: 1500\nretry: 1x\nretry:\nretry: -1\n").retries, [1500]);
});

test("an unfinished event is dropped when the connection starts anew", () => {
  const events = [];
  const parser = new EventStreamParser({ onEvent: (event) => events.push(event.data) });
  parser.push("id: 1\ndata: whole\n\nid: 2\ndata: cut o");
  assert.equal(parser.lastEventId, "1"); // with "2" the server would take the second for seen
  parser.reset();
  parser.push("data: next\n\n");
  assert.deepEqual(events, ["whole", "next"]);
  assert.equal(parser.lastEventId, "1");
});

test("seen events and stale sequences are dropped, by task", () => {
  const seen = new Seen();
  const event = (id, subject, sequence) => ({ id, subject, data: { sequence } });
  assert.ok(seen.isNew(event("a", "t1", 1)));
  assert.ok(!seen.isNew(event("a", "t1", 1)));
  assert.ok(seen.isNew(event("b", "t1", 3)));
  assert.ok(!seen.isNew(event("c", "t1", 2)));
  assert.ok(seen.isNew(event("d", "t2", 1)));
  assert.ok(seen.isNew({ id: "e", data: {} }));
});

test("backoff grows, is bounded, and varies", () => {
  assert.equal(backoff(1, 500, () => 0), 250);
  assert.equal(backoff(3, 500, () => 1), 2000);
  assert.ok(backoff(50) <= 30_000);
});

async function served(handler, run) {
  const requests = [];
  const server = createServer((request, response) => {
    requests.push(request.headers);
    handler(requests.length, response);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    await run(`http://127.0.0.1:${server.address().port}/`, requests);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

const frame = (id, sequence) =>
  `id: 0-${sequence}\nevent: task.progress\ndata: ${JSON.stringify({ id, subject: "t", data: { sequence } })}\n\n`;

test("comes back from the last id with a fresh token, and gives each event once", async () => {
  await served(
    (count, response) => {
      if (count === 2) return response.writeHead(503).end();
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(`retry: 20\n${frame("a", 1)}${frame("b", 2)}`);
      if (count === 1) return response.end();
      response.write(`${frame("b", 2)}id: 0-9\nevent: reset\ndata: {"data":{"reason":"evicted"}}\n\n${frame("c", 3)}`);
    },
    async (url, requests) => {
      const got = [];
      const resets = [];
      let tokens = 0;
      await new Promise((resolve) => {
        const stream = openStream({
          url,
          getToken: async () => `token-${(tokens += 1)}`,
          onReset: (reason) => resets.push(reason),
          onEvent: (event) => {
            got.push(event.id);
            if (event.id === "c") {
              assert.equal(stream.lastEventId, "0-3");
              stream.close();
              stream.done.then(resolve);
            }
          },
        });
      });
      assert.deepEqual(got, ["a", "b", "c"]);
      assert.deepEqual(resets, ["evicted"]);
      assert.deepEqual(requests.map((headers) => headers["last-event-id"]), [undefined, "0-2", "0-2"]);
      assert.deepEqual(requests.map((headers) => headers.authorization), ["Bearer token-1", "Bearer token-2", "Bearer token-3"]);
    },
  );
});

test("502, 503, 504: three retries at short intervals, then longer waits", async () => {
  const times = [];
  await served(
    (count, response) => {
      times.push(performance.now());
      response.writeHead([502, 503, 504, 503][count - 1]).end();
    },
    async (url, requests) => {
      const stream = openStream({ url, getToken: async () => "t", onEvent: () => assert.fail() });
      while (requests.length < 4) await new Promise((resolve) => setTimeout(resolve, 20));
      assert.ok(times[3] - times[0] < 3_000);
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      stream.close();
      await stream.done;
      assert.equal(requests.length, 4); // after the fourth failure it waits two seconds at least
    },
  );
});

test("a refused token is replaced once; a second refusal and 403 are final", async () => {
  for (const [statuses, asked] of [[[401, 401], 2], [[403], 1]]) {
    await served(
      (count, response) => response.writeHead(statuses[count - 1]).end(),
      async (url, requests) => {
        const errors = [];
        const refused = [];
        const stream = openStream({
          url,
          getToken: async (state) => (refused.push(state.refused), "t"),
          onEvent: () => assert.fail(),
          onError: (error) => errors.push(error),
        });
        await stream.done;
        assert.equal(requests.length, asked);
        assert.equal(errors.at(-1).status, statuses.at(-1));
        assert.deepEqual(refused, [false, true].slice(0, asked));
      },
    );
  }
});

test("after a 503 an unreachable server is asked at growing intervals", async () => {
  let asked = 0;
  const stream = openStream({
    url: "http://unused",
    getToken: async () => "t",
    onEvent: () => assert.fail(),
    fetch: async () => {
      asked += 1;
      if (asked === 1) return new Response("", { status: 503 });
      throw new TypeError("fetch failed"); // as when the connection is refused, or the network is gone
    },
  });
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  stream.close();
  await stream.done;
  assert.ok(asked <= 5, `asked ${asked} times in 2.5 s`); // at most 150 ms, 500 ms, 1 s, 2 s after one another
});

test("an onReset that fails is told to onError and ends nothing", async () => {
  await served(
    (_count, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(`id: 0-1\nevent: reset\ndata: {"data":{"reason":"evicted"}}\n\n${frame("a", 2)}`);
    },
    async (url, requests) => {
      const errors = [];
      await new Promise((resolve) => {
        const stream = openStream({
          url,
          getToken: async () => "t",
          onReset: async () => {
            throw new Error("the tasks cannot be read");
          },
          onError: (error) => errors.push(error.message),
          onEvent: async () => {
            await new Promise((tick) => setTimeout(tick, 20)); // an unhandled rejection would have ended the test
            stream.close();
            stream.done.then(resolve);
          },
        });
      });
      assert.deepEqual(errors, ["the tasks cannot be read"]);
      assert.equal(requests.length, 1);
    },
  );
});

test("a page instead of a stream is an error, not an open stream without events", async () => {
  await served(
    (_count, response) => response.writeHead(200, { "content-type": "text/html" }).end("<p>Sign in to the network"),
    async (url) => {
      const states = [];
      const error = await new Promise((resolve) => {
        const stream = openStream({
          url,
          getToken: async () => "t",
          onEvent: () => assert.fail(),
          onState: (state) => states.push(state),
          onError: (failure) => {
            stream.close();
            stream.done.then(() => resolve(failure));
          },
        });
      });
      assert.match(error.message, /text\/html/);
      assert.ok(!states.includes("open"));
    },
  );
});
