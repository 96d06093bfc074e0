/**
 * The way to one server, step by step: policy, proxy, DNS, TCP, proxy's TLS, tunnel, TLS, HTTP.
 *
 * The way to the socket is the dialer's own (`diagnose`), with the policy, the proxies and the trust of a run. HTTP is one request on
 * a connection of its own, without credential and body: `GET` to a provider, `HEAD` to a token server, whose answer may be a token.
 * A server of ssh is asked no further than its port.
 */
import { diagnose, type DialStep, isNetError, type DialTarget } from '@sx/net';

import type { Network } from '../compose/network.ts';
import { type Check, failedCheck } from './check.ts';
import { checkClock, checkResponse } from './http-check.ts';
import { type Circumstances, remedies } from './remedies.ts';

export interface WalkOptions extends Omit<Circumstances, 'proxyKey'> {
  readonly url: string;
  readonly method: 'GET' | 'HEAD';
  readonly network: Network;
  readonly headTimeoutMs: number;
  readonly signal: AbortSignal;
  readonly onCheck: (check: Check) => void;
}

/** The identity of every request of ours; gates turn away those without. */
const FIELDS = [['Accept', 'application/json'], ['originator', 'sx']] as const;

export async function walk(options: WalkOptions): Promise<void> {
  const { network, signal, onCheck } = options;
  const target = targetOf(options.url);
  let proxyKey: string | undefined;
  // A failed step is the end, or was followed by a second try with the system's certificates.
  let failed: DialStep | undefined;
  const { error } = await diagnose(network.dialer, target, {
    signal,
    onStep(step) {
      if (failed !== undefined) onCheck(retried(failed));
      failed = step.ok ? undefined : step;
      if (step.name === 'proxy' && step.ok) proxyKey = /\((\w+)\)$/.exec(step.detail)?.[1];
      if (step.ok) onCheck(passed(step));
    },
  });
  if (error !== undefined) {
    const { name = 'connection', elapsedMs, chain } = failed ?? {};
    const hints = remedies(error.code, { ...options, proxyKey });
    return onCheck(failedCheck(name, error, { hints, ...(elapsedMs === undefined ? {} : { elapsedMs }), ...(chain === undefined ? {} : { chain }) }));
  }
  if (target.scheme !== 'tcp:') await ask(options, proxyKey);
}

async function ask({ url, method, network, headTimeoutMs, signal, onCheck, ...circumstances }: WalkOptions, proxyKey: string | undefined): Promise<void> {
  const startedMs = performance.now();
  const sentAtMs = Date.now();
  const elapsed = (): number => performance.now() - startedMs;
  try {
    const response = await network.direct.send({ method, url, fields: FIELDS }, { signal, deadlines: { headTimeoutMs } });
    const receivedAtMs = Date.now();
    response.body.cancel();
    onCheck(checkResponse(response, { request: `${method} ${url}`, url, urlKey: circumstances.urlKey, elapsedMs: elapsed() }));
    const clock = checkClock(response, sentAtMs, receivedAtMs);
    if (clock !== undefined) onCheck(clock);
  } catch (error) {
    onCheck(failedCheck('http', error, { elapsedMs: elapsed(), hints: remedies(isNetError(error) ? error.code : undefined, { ...circumstances, proxyKey }) }));
  }
}

function passed({ name, elapsedMs, detail, chain }: DialStep): Check {
  const leaf = chain?.[0];
  const shown = leaf === undefined ? detail : `${detail}, issued by "${leaf.issuer}", valid until ${leaf.validTo}`;
  return { name, state: 'ok', elapsedMs, detail: shown, ...(chain === undefined ? {} : { chain }) };
}

function retried({ name, elapsedMs, chain, error }: DialStep): Check {
  const detail = `${error?.message ?? 'failed'}; tried again with the certificates of the system`;
  return { name, state: 'note', elapsedMs, detail, ...(chain === undefined ? {} : { chain }) };
}

function targetOf(text: string): DialTarget {
  const url = new URL(text);
  // `ssh:` is no special scheme to URL: its host is as written.
  const isSsh = url.protocol === 'ssh:';
  const port = url.port === '' ? (isSsh ? 22 : url.protocol === 'http:' ? 80 : 443) : Number(url.port);
  return { scheme: isSsh ? 'tcp:' : url.protocol === 'http:' ? 'http:' : 'https:', hostname: url.hostname.toLowerCase(), port };
}
