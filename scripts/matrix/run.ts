/** Runs cells of the matrix, each against the same simulator; a cell that fails says why. */
import { createSimulator, type Simulator } from '@sx/simulator';

import { exchange } from './exchange.ts';
import { type Feature, FEATURES } from './features.ts';
import { type MatrixRow, ROWS } from './rows.ts';

export interface CellResult {
  readonly row: string;
  readonly feature: string;
  readonly outcome: 'works' | 'fails' | 'does not apply';
  readonly reason?: string;
  readonly milliseconds: number;
}

/** Row by row. `onCell` sees each as it is done. */
export async function runMatrix(
  sx: string,
  { rows = ROWS, features = FEATURES, onCell = () => undefined }: { readonly rows?: readonly MatrixRow[]; readonly features?: readonly Feature[]; readonly onCell?: (cell: CellResult) => void } = {},
): Promise<CellResult[]> {
  const simulator = await createSimulator({ strict: true });
  const cells: CellResult[] = [];
  try {
    for (const row of rows) {
      for (const feature of features) {
        const cell = await runCell(sx, simulator, row, feature);
        cells.push(cell);
        onCell(cell);
      }
    }
    return cells;
  } finally {
    await simulator.close();
  }
}

async function runCell(sx: string, simulator: Simulator, row: MatrixRow, feature: Feature): Promise<CellResult> {
  const named = { row: row.name, feature: feature.name };
  if (feature.appliesTo?.(row) === false) return { ...named, outcome: 'does not apply', milliseconds: 0 };
  const started = performance.now();
  simulator.clearJournal();
  try {
    await feature.check({ row, simulator, ask: (options) => exchange(sx, simulator, row, options) });
    return { ...named, outcome: 'works', milliseconds: performance.now() - started };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { ...named, outcome: 'fails', reason, milliseconds: performance.now() - started };
  }
}
