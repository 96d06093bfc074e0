/**
 * `sx models [provider]`: what the provider offers, from its endpoint, else from the embedded table. For people a table, of
 * which a cell is empty where nobody knows; with `--json` everything that is known, efforts in the words that `--effort` takes.
 */
import type { Effort, ModelCapabilities, ModelInfo } from '@sx/llm';

import type { ExitCode } from '../cli/exit-codes.ts';
import type { Arguments } from '../cli/parse-arguments.ts';
import { connect } from '../compose/connect.ts';
import { offeredEfforts } from '../compose/effort.ts';
import { selectProvider } from '../compose/select-provider.ts';
import type { Invocation } from '../invocation.ts';
import { messageOf } from '../report-error.ts';
import { loadSettings } from '../settings.ts';
import { terminalLine } from '../terminal-text.ts';

const ALIASES = ['opus', 'sonnet', 'haiku'];
const HEADINGS = ['MODEL', 'CONTEXT', 'OUTPUT', 'EFFORTS', 'READS', 'ALIAS'];

export async function run(invocation: Invocation, args: Arguments): Promise<ExitCode> {
  const { stdout, stderr, interrupts } = invocation;
  const settings = await loadSettings(invocation, args);
  const connection = await connect(selectProvider(settings, args.positionals[0]), invocation, args, settings);
  const { provider } = connection;
  try {
    let reason = '';
    const models = await provider.models({ signal: interrupts.signal, onFallback: (error) => (reason = ` (${terminalLine(messageOf(error))})`) });
    const aliasesOf = (id: string): string[] => ALIASES.filter((alias) => provider.resolveModel(alias) === id);
    if (args.on('json')) {
      await stdout.write(`${JSON.stringify({ provider: connection.id, models: models.map((model) => modelJson(model, aliasesOf(model.id))) })}\n`);
      return 0;
    }
    const rows = models.map((model) => modelCells(model, aliasesOf(model.id)));
    await stdout.write(tableText([HEADINGS, ...rows]));
    if (models.some(({ source }) => source === 'table')) await stderr.write(`sx: the provider gave no list${reason}; these are the models known when this version was made\n`);
    return 0;
  } finally {
    await connection.close();
  }
}

function modelJson({ id, displayName, capabilities, source }: ModelInfo, aliases: readonly string[]): object {
  const { efforts, defaultEffort, ...rest } = capabilities;
  return {
    id,
    ...(displayName === undefined ? {} : { displayName }),
    aliases,
    source,
    capabilities: {
      ...rest,
      ...(efforts === undefined ? {} : { efforts: offeredEfforts(efforts) }),
      ...(defaultEffort === undefined ? {} : { defaultEffort: ourWord(defaultEffort) }),
    },
  };
}

function modelCells({ id, capabilities }: ModelInfo, aliases: readonly string[]): string[] {
  const { contextWindowTokens, maxOutputTokens } = capabilities;
  return [id, tokens(contextWindowTokens), tokens(maxOutputTokens), effortsCell(capabilities), readsCell(capabilities), aliases.join(', ')];
}

/** The default one is marked. */
function effortsCell({ efforts, defaultEffort }: ModelCapabilities): string {
  if (efforts === undefined) return '';
  const offered = offeredEfforts(efforts);
  const preset = defaultEffort === undefined ? undefined : ourWord(defaultEffort);
  return offered.length === 0 ? 'none' : offered.map((effort) => (effort === preset ? `${effort}*` : effort)).join(' ');
}

function readsCell({ imageInput, documentInput }: ModelCapabilities): string {
  return ['text', ...(imageInput === true ? ['images'] : []), ...(documentInput === true ? ['documents'] : [])].join(' ');
}

function ourWord(effort: string): Effort | string {
  return effort === 'none' ? 'off' : effort;
}

/** `272k`, `1M`: people compare them, nobody adds them up. */
function tokens(count: number | undefined): string {
  if (count === undefined) return '';
  return count >= 1_000_000 ? `${Number((count / 1_000_000).toFixed(2))}M` : `${Math.round(count / 1_000)}k`;
}

function tableText(rows: readonly (readonly string[])[]): string {
  const clean = rows.map((row) => row.map((cell) => terminalLine(cell)));
  const widths = HEADINGS.map((_, column) => Math.max(...clean.map((row) => row[column]?.length ?? 0)));
  // A column that says nothing about any model is left out.
  const columns = HEADINGS.flatMap((_, column) => (clean.slice(1).some((row) => row[column] !== '') ? [column] : []));
  return clean.map((row) => `${columns.map((column) => (row[column] ?? '').padEnd(widths[column] ?? 0)).join('  ').trimEnd()}\n`).join('');
}
