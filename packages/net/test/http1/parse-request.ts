/**
 * A strict reading of request octets, written from RFC 9112 alone and sharing no code with the encoder: what the encoder
 * says must mean the same to a stranger.
 */
import assert from 'node:assert/strict';

export interface ParsedRequest {
  readonly method: string;
  readonly target: string;
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

/** Parses octets that must be exactly one request, and throws where they are not. */
export function parseRequest(head: Uint8Array, body: Uint8Array | undefined): ParsedRequest {
  const text = Buffer.concat([head, body ?? new Uint8Array(0)]).toString('latin1');
  const end = text.indexOf('\r\n\r\n');
  assert.notEqual(end, -1, 'no empty line');
  assert.equal(end + 4, head.length, 'the head ends elsewhere than its empty line');
  const [requestLine = '', ...lines] = text.slice(0, end).split('\r\n');
  const [, method = '',
    target = ''] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([\x21-\x7e]+) HTTP\/1\.1$/.exec(requestLine) ?? assert.fail('request line');
  const fields = lines.map((line): [string, string] => {
    const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+): ([\t\x20-\x7e\x80-\xff]*)$/.exec(line);
    const [, name = '', value = ''] = match ?? assert.fail('field line');
    return [name, value];
  });
  const lengths = fields.filter(([name]) => name.toLowerCase() === 'content-length').map(([, value]) => value);
  assert.ok(lengths.length <= 1, 'several lengths');
  const rest = text.slice(end + 4);
  assert.equal(rest.length, Number(lengths[0] ?? 0), 'the body is as long as announced');
  assert.equal(fields.filter(([name]) => name.toLowerCase() === 'transfer-encoding').length, 0);
  assert.equal(fields[0]?.[0], 'Host', 'Host comes first');
  assert.equal(fields.filter(([name]) => name.toLowerCase() === 'host').length, 1, 'one Host');
  return { method, target, fields, body: rest };
}
