/**
 * The one dialer of a call and the transport on it. Where a socket may go follows from what is configured: the provider (or the
 * proxy that stands for it), the source of its tokens, and `EGRESS_ALLOW`; with `--offline` only what of it is on this machine.
 */
import type { Config, KeyName } from '@sx/config';
import {
  allowAll,
  allowOrigins,
  createDialer,
  createTransport,
  createTrust,
  type Deadlines,
  type Dialer,
  type EgressPolicy,
  type EgressRefusal,
  loopbackOnly,
  proxyFromEnvironment,
  type Redactor,
  type Transport,
  type Trust,
  type WireTrace,
} from '@sx/net';

import type { Arguments } from '../cli/parse-arguments.ts';
import type { Invocation } from '../invocation.ts';
import type { Settings } from '../settings.ts';
import { throughBaseUrlProxy } from './base-url-proxy.ts';
import { trustOptions } from './trust-options.ts';
import { openWireTrace } from './wire-trace-file.ts';

export interface NetworkOptions {
  readonly invocation: Invocation;
  readonly args: Arguments;
  readonly settings: Settings;
  readonly redactor: Redactor;
  readonly userAgent: string;
  /** No URL where only its token is wanted. */
  readonly provider: { readonly baseUrl: string | undefined; readonly caFileKey: KeyName };
  /** URLs of the token source. */
  readonly tokenUrls: readonly string[];
  /** URLs of MCP servers. */
  readonly serverUrls?: readonly string[] | undefined;
}

export interface Network {
  readonly dialer: Dialer;
  readonly trust: Trust;
  /** For tokens: straight, whatever `PROXY_URL` says. */
  readonly direct: Transport;
  /** For the provider. */
  readonly transport: Transport;
  /** For pages of the web: any host, at public addresses only. Made when first asked for. */
  readonly publicTransport: () => Transport;
  /** Closes what is idle and says on standard error what was refused. */
  close(): Promise<void>;
}

/** @throws {NetError} `NET_BAD_URL`, `NET_PROXY_CONFIG`; {CliError} `CLI_OUTPUT_FILE`; {ConfigError} of the client certificate. */
export function composeNetwork({ invocation, args, settings, redactor, userAgent, provider, tokenUrls, serverUrls = [] }: NetworkOptions): Network {
  const { config, workingDirectory } = settings;
  const { stderr } = invocation;
  const proxyUrl = config.text('PROXY_URL');
  const strict = config.text('PROXY_MODE') === 'strict';
  const { baseUrl } = provider;
  const providerUrls = baseUrl === undefined ? [] : proxyUrl === undefined ? [baseUrl] : strict ? [proxyUrl] : [proxyUrl, baseUrl];
  const named = [...providerUrls, ...tokenUrls, ...serverUrls, ...config.list('EGRESS_ALLOW')];
  const policy = args.on('offline') ? loopbackOnly(named) : allowOrigins(named, { plainHttp: config.list('ALLOW_PLAIN_HTTP') });
  const traceFile = args.value('trace');
  const traced = traceFile === undefined ? undefined : openWireTrace(traceFile, workingDirectory, redactor);
  const deadlines = deadlinesOf(config);
  const hosts = [...providerUrls, ...tokenUrls].map((url) => new URL(url).hostname);
  const trust = createTrust(trustOptions(config, { caFileKey: provider.caFileKey, hosts }));
  const dialerFor = (judge: EgressPolicy, trace: WireTrace | undefined): Dialer =>
    createDialer({
      policy: judge,
      proxy: proxyFromEnvironment(proxyEnvironment(config, invocation), { proxyOnly: args.on('proxy-only') }),
      trust,
      deadlines,
      trace: trace?.step,
    });
  const dialer = dialerFor(policy, traced?.trace);
  const transportOn = (way: Dialer, trace: WireTrace | undefined): Transport => createTransport({ dialer: way, deadlines, trace, defaultFields: [['User-Agent', userAgent]] });
  const direct = transportOn(dialer, traced?.trace);
  let web: { readonly dialer: Dialer; readonly transport: Transport } | undefined;
  const openWeb = (): { readonly dialer: Dialer; readonly transport: Transport } => {
    const trace = traced === undefined ? undefined : numberedApart(traced.trace);
    const way = dialerFor(args.on('offline') ? loopbackOnly([]) : allowAll({ reach: 'public', plainHttp: config.list('ALLOW_PLAIN_HTTP') }), trace);
    return { dialer: way, transport: transportOn(way, trace) };
  };
  const notice = (text: string): void => void stderr.write(`sx: ${text}\n`);
  const transport = proxyUrl === undefined || baseUrl === undefined ? direct : throughBaseUrlProxy(direct, baseUrl, { url: proxyUrl, mode: strict ? 'strict' : 'soft' }, notice);
  return {
    dialer,
    trust,
    direct,
    transport,
    publicTransport: () => (web ??= openWeb()).transport,
    async close() {
      direct.close();
      web?.transport.close();
      const fault = traced?.close();
      if (fault !== undefined) await stderr.write(`sx: ${fault}\n`);
      for (const line of refusalLines([...dialer.refusals, ...(web?.dialer.refusals ?? [])])) await stderr.write(line);
    },
  };
}

/** Connections and requests of a second dialer, so that one trace can hold both. */
function numberedApart(trace: WireTrace): WireTrace {
  const from = 1_000_000;
  return {
    step: (connection, step) => trace.step(from + connection, step),
    dialing: (request, target) => trace.dialing(from + request, target),
    dialFailed: (request, code) => trace.dialFailed(from + request, code),
    opened: (connection, request, facts) => trace.opened(from + connection, from + request, facts),
    bytes: (connection, request, direction, bytes) => trace.bytes(from + connection, from + request, direction, bytes),
    requestSent: (connection) => trace.requestSent(from + connection),
    exchangeEnded: (connection) => trace.exchangeEnded(from + connection),
    closed: (connection, reason) => trace.closed(from + connection, reason),
    get fault() {
      return trace.fault;
    },
  };
}

function deadlinesOf(config: Config): Partial<Deadlines> {
  const keys: readonly (readonly [keyof Deadlines, KeyName])[] = [
    ['connectTimeoutMs', 'CONNECT_TIMEOUT_MS'],
    ['tlsTimeoutMs', 'TLS_TIMEOUT_MS'],
    ['headTimeoutMs', 'HEAD_TIMEOUT_MS'],
    ['idleTimeoutMs', 'IDLE_TIMEOUT_MS'],
    ['writeTimeoutMs', 'WRITE_TIMEOUT_MS'],
  ];
  return Object.fromEntries(keys.flatMap(([name, key]) => (config.integer(key) === undefined ? [] : [[name, config.integer(key)]])));
}

/** The proxy keys as the variables they are named for; `REQUEST_METHOD` tells a CGI, where `HTTP_PROXY` is a request header. */
function proxyEnvironment(config: Config, { environment }: Invocation): Record<string, string | undefined> {
  const keys = ['HTTPS_PROXY', 'HTTP_PROXY', 'ALL_PROXY', 'NO_PROXY'] as const;
  return { ...Object.fromEntries(keys.map((key) => [key, config.text(key)])), REQUEST_METHOD: environment['REQUEST_METHOD'] };
}

function refusalLines(refusals: readonly EgressRefusal[]): string[] {
  const counts = new Map<string, number>();
  for (const { host, port, code } of refusals) {
    const what = `${host}:${port} [${code}]`;
    counts.set(what, (counts.get(what) ?? 0) + 1);
  }
  return [...counts].map(([what, count]) => `sx: refused to connect to ${what}${count === 1 ? '' : `, ${count} times`}\n`);
}
