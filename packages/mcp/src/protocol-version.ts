/** Protocol versions (dates). We offer the latest that we implement, and speak any of these that a server answers with. */
export const LATEST_PROTOCOL_VERSION = '2025-06-18';

const SPOKEN: ReadonlySet<string> = new Set([LATEST_PROTOCOL_VERSION, '2025-03-26', '2024-11-05']);

export function isSpoken(version: string): boolean {
  return SPOKEN.has(version);
}
