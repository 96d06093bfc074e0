/** Preloaded by a test: every module that the program resolves is a line on standard error. */
import { registerHooks } from 'node:module';

registerHooks({
  resolve(specifier, context, next) {
    const resolved = next(specifier, context);
    process.stderr.write(`loads ${resolved.url}\n`);
    return resolved;
  },
});
