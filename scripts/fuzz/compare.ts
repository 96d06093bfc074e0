/**
 * Where Node's parser and ours must agree, and where they differ on purpose.
 *
 * What we take, Node must take with the same status, fields and body: as it is, or, where Node is stricter in form, in its
 * canonical form. What we do not take, Node must not take either, but for the classes below: rules that we keep and Node
 * does not. Each class is proved by our code and the input. Refused and incomplete are one here, since the two
 * parsers look at a line at different times. Everything else is a failure.
 */
import assert from 'node:assert/strict';

import { canonicalResponse } from './canonical.ts';
import type { OracleVerdict } from './node-oracle.ts';
import type { ResponseRun } from './targets.ts';

type Oracle = (octets: Uint8Array, method: string) => OracleVerdict;

/** Says how the two verdicts relate. */
export function compareWithNode(ours: ResponseRun, input: Uint8Array, method: string, askNode: Oracle): string {
  const node = askNode(input, method);
  const text = Buffer.from(input).toString('latin1');
  const askCanonical = (): [OracleVerdict, string] => {
    const canonical = canonicalResponse(text, method);
    return [askNode(Buffer.from(canonical.text, 'latin1'), method), canonical.rewrites.join(', ')];
  };

  if (ours.outcome === 'fault') {
    if (!takes(node)) return 'neither takes it';
    const known = stricterRule(ours.code, text);
    if (known !== undefined) return `only Node takes: ${known}`;
    const [canonicalNode, rewrites] = askCanonical();
    if (!takes(canonicalNode)) return `neither takes the canonical form (${rewrites})`;
    return assert.fail(`we refuse (${ours.code}), Node takes it (${node.outcome})`);
  }
  const difference = differenceOf(ours, node);
  if (difference === undefined) return 'both take it';
  const [canonicalNode, rewrites] = askCanonical();
  const canonicalDifference = differenceOf(ours, canonicalNode);
  if (canonicalDifference === undefined) return 'both take it in canonical form';
  const form = `in canonical form (${rewrites}): ${canonicalDifference}`;
  return assert.fail(`we take it (${ours.outcome}); Node: ${difference}; ${form}`);
}

function takes(node: OracleVerdict): boolean {
  return node.outcome === 'complete' || node.outcome === 'closed';
}

function differenceOf(ours: ResponseRun, node: OracleVerdict): string | undefined {
  if (ours.outcome !== node.outcome) return `${node.outcome} ${node.reason}`;
  if (ours.status !== node.status) return `status ${node.status}`;
  if (ours.interim.join() !== node.interim.join()) return `interim responses ${node.interim.join()}`;
  if (ours.body !== node.body) return `body ${JSON.stringify(node.body)}`;
  return fieldsOf(ours.fields) === fieldsOf(pairs(node.fields)) ? undefined : `fields ${JSON.stringify(node.fields)}`;
}

function pairs(flat: readonly string[]): [string, string][] {
  return Array.from({ length: flat.length / 2 }, (_, index) => [flat[2 * index] ?? '', flat[2 * index + 1] ?? '']);
}

/** Fields as text, without those that the canonical form rewrites (their meaning is compared by the body). */
function fieldsOf(fields: readonly (readonly [string, string])[]): string {
  const compared = fields.filter(([name]) => !/^(?:content-length|transfer-encoding)$/i.test(name));
  return JSON.stringify(compared.map(([name, value]) => [name, value.replace(/[\t ]+/g, ' ')]));
}

/** Rules that we keep and Node does not: our code, and what must be seen in the input. */
const STRICTER: readonly (readonly [rule: string, code: string, proof: RegExp])[] = [
  ['any coding but one chunked (D6), or one with Content-Length (D3)', 'NET_BAD_TRANSFER_ENCODING', /transfer-encoding:/i],
  ['a content coding that nobody asked for', 'NET_CONTENT_ENCODING', /content-encoding:/i],
  ['101', 'NET_UNEXPECTED_UPGRADE', /HTTP\/1\.\d 101/],
  ['a version other than 1.x', 'NET_BAD_VERSION', /HTTP\/[^1]\.\d/],
  ['a protocol other than HTTP', 'NET_NOT_HTTP', /(?:RTSP|ICE)\/\d\.\d /],
  ['line ends before the status line (D7)', 'NET_NOT_HTTP', /(?:^|\r?\n\r?\n)[\r\n]+HTTP/],
  ['a status code below 100', 'NET_BAD_STATUS_LINE', /HTTP\/1\.\d 0\d\d/],
  ['a control character in the reason phrase', 'NET_BAD_STATUS_LINE', /HTTP\/1\.\d \d{3} .*[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/],
  ['a chunk size of more than 16 digits', 'NET_BAD_CHUNK', /[0-9A-Fa-f]{17}/],
  ['a chunk size of 2^53 or more', 'NET_BAD_CHUNK', /[2-9A-Fa-f][0-9A-Fa-f]{13}/],
  ['a length of 2^53 or more', 'NET_BAD_CONTENT_LENGTH', /[0-9]{16}/],
];

function stricterRule(code: string, input: string): string | undefined {
  return STRICTER.find(([, ofRule, proof]) => ofRule === code && proof.test(input))?.[0];
}
