/** Who waits for the dialog that is open. A new one leaves the one before. */
import type { ScreenInput } from './controller.ts';
import type { Dialog } from './dialog.ts';

export interface Dialogs {
  /** @returns undefined where the dialog was left. */
  ask(dialog: Dialog): Promise<string | undefined>;
  settle(value: string | undefined): void;
}

export function createDialogs(dispatch: (input: ScreenInput) => void): Dialogs {
  let waiting: ((value: string | undefined) => void) | undefined;
  const settle = (value: string | undefined): void => {
    const resolve = waiting;
    waiting = undefined;
    resolve?.(value);
  };
  return {
    ask: (dialog) =>
      new Promise((resolve) => {
        settle(undefined);
        waiting = resolve;
        dispatch({ type: 'dialog', dialog });
      }),
    settle,
  };
}
