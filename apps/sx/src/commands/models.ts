/** `sx models [provider]`: what the provider offers; from its endpoint, else from the embedded table. */
import type { ExitCode } from '../cli/exit-codes.ts';
import type { Arguments } from '../cli/parse-arguments.ts';
import { connect } from '../compose/connect.ts';
import { selectProvider } from '../compose/select-provider.ts';
import type { Invocation } from '../invocation.ts';
import { loadSettings } from '../settings.ts';
import { terminalText } from '../terminal-text.ts';

export async function run(invocation: Invocation, args: Arguments): Promise<ExitCode> {
  const { stdout, stderr, interrupts } = invocation;
  const settings = await loadSettings(invocation, args);
  const connection = await connect(selectProvider(settings, args.positionals[0]), invocation, args, settings);
  try {
    const models = await connection.provider.models({ signal: interrupts.signal });
    if (args.on('json')) {
      await stdout.write(`${JSON.stringify({ provider: connection.id, models })}\n`);
      return 0;
    }
    for (const { id, displayName } of models) await stdout.write(terminalText(displayName === undefined || displayName === id ? `${id}\n` : `${id}\t${displayName}\n`));
    if (models.some(({ source }) => source === 'table')) await stderr.write('sx: the provider gave no list; these are the models known when this version was made\n');
    return 0;
  } finally {
    await connection.close();
  }
}
