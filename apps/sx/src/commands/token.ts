import type { ExitCode } from '../cli/exit-codes.ts';
export async function run(): Promise<ExitCode> { return 1; }
