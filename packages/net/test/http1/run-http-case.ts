/** Runs one `HttpCase` in every way its octets can arrive, on memory that is the caller's and on memory that is given away. */
import assert from 'node:assert/strict';

import { createResponseDecoder, defaultLimits, type HttpEvent, type Limits } from '@sx/net';
import { assertSplits } from '@sx/testkit';

import { type HttpCase, type HttpExpectation, octetsOf } from './cases/http-case.ts';

/** What may follow a complete response without changing it: another response, as if the server were poisoning the queue. */
const TRAILING = 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison';

export function runHttpCase(httpCase: HttpCase): void {
  for (const ownsInput of [false, true]) runOn(ownsInput, httpCase);
}

function runOn(ownsInput: boolean, { bytes, expected, method = 'GET', limits: some }: HttpCase): void {
  const limits: Limits = { ...defaultLimits, ...some };
  const input = Buffer.from(octetsOf(bytes), 'latin1');
  const whole = createResponseDecoder({ method, limits, ownsInput });
  let leftover: string | undefined;
  try {
    whole.push(Buffer.from(input), () => undefined);
    leftover = whole.leftover && Buffer.from(whole.leftover).toString('latin1');
  } catch {
    // The runs below look at the fault.
  }

  const endsByItself = expected.fault === undefined && expected.end !== 'closed';
  const notNeeded = expected.end === 'closed' ? expected.body : leftover;
  const neededBytes = input.length - (notNeeded ?? '').length;
  const run = assertSplits({
    create: () => createResponseDecoder({ method, limits, ownsInput }),
    input,
    neededBytes,
    ...(expected.fault !== undefined && { fault: expected.fault }),
    ...(endsByItself && { trailing: TRAILING }),
  });
  assert.deepEqual(summary(run.values, expected), withDefaults(expected));
  assert.equal(leftover, expected.leftover, 'leftover');
  if (expected.at !== undefined) assert.equal(run.fault?.offset, expected.at, 'offset of the fault');
}

/** Events as an expectation; what the case does not speak of is left out. */
function summary(events: readonly HttpEvent[], expected: HttpExpectation): HttpExpectation {
  let found: HttpExpectation = { body: '', interim: [] };
  for (const event of events) {
    switch (event.type) {
      case 'interim':
        found = { ...found, interim: [...(found.interim ?? []), event.status] };
        break;
      case 'response':
        found = {
          ...found,
          status: event.status,
          ...(expected.reason !== undefined && { reason: event.reason }),
          ...(expected.version !== undefined && { version: event.version }),
          ...(expected.fields !== undefined && { fields: event.fields }),
        };
        break;
      case 'data':
        found = { ...found, body: Buffer.from(event.bytes).toString('latin1') };
        break;
      case 'end':
        found = { ...found, end: event.outcome, reusable: event.reusable, trailers: event.trailers };
        break;
      case 'tunnel':
        found = { ...found, end: 'tunnel' };
        break;
      default:
        return event satisfies never;
    }
  }
  return found;
}

function withDefaults({ fault, at: _at, leftover: _leftover, ...expected }: HttpExpectation): HttpExpectation {
  const end = expected.end ?? 'complete';
  const ending: HttpExpectation =
    fault !== undefined ? {} : end === 'tunnel' ? { end } : { end, reusable: expected.reusable ?? end === 'complete',
      trailers: expected.trailers ?? [] };
  return { body: '', interim: [], ...expected, ...ending };
}
