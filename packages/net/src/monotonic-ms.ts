/**
 * Milliseconds of a clock that only goes forward. For spans, never for a time of day.
 *
 * `performance.now()` says the same, but the first touch of `performance` makes Node load all of `perf_hooks`: two
 * milliseconds of every start.
 */
export function monotonicMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1_000 + nanoseconds / 1_000_000;
}
