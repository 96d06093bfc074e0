/**
 * Shows that a piece of code left nothing open: no socket, server, pipe, child process or timer that keeps the process alive.
 *
 * `watchHandles()` notes what is open; `assertNone()` waits, turn by turn of the event loop, until nothing more than that is, and
 * fails with the kinds of what stayed. Unreferenced timers and sockets do not keep a process alive and are not seen.
 */
import assert from 'node:assert/strict';

const WAIT_MAX_MS = 2_000;
/** Neither is a leak: the loop's own work ends by itself, and the terminal belongs to the test runner. */
const KINDS_IGNORED: ReadonlySet<string> = new Set([
  'Immediate', 'TickObject', 'FSReqCallback', 'FSReqPromise', 'TTYWrap', 'CloseReq',
]);

export interface HandleWatch {
  /** The kinds (`TCPSocketWrap`, `Timeout`, …) that are open now and were not at the start, one entry each. */
  left(): string[];
  /** @param waitMaxMs - How long closing may take. Default 2,000. */
  assertNone(waitMaxMs?: number): Promise<void>;
}

export function watchHandles(): HandleWatch {
  const before = openKinds();
  const left = (): string[] => {
    const unmatched = [...before];
    return openKinds().filter((kind) => {
      const at = unmatched.indexOf(kind);
      if (at >= 0) unmatched.splice(at, 1);
      return at < 0;
    });
  };
  return {
    left,
    async assertNone(waitMaxMs = WAIT_MAX_MS) {
      const endMs = performance.now() + waitMaxMs;
      while (left().length > 0 && performance.now() < endMs) await new Promise((resolve) => setImmediate(resolve));
      assert.deepEqual(left(), [], `still open after ${waitMaxMs} ms`);
    },
  };
}

function openKinds(): string[] {
  return process.getActiveResourcesInfo().filter((kind) => !KINDS_IGNORED.has(kind));
}
