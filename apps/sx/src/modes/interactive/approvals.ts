/**
 * What is asked of the person, one question at a time: shown in full in the transcript, answered by the controller, and turned
 * into rules where the answer shall last.
 */
import type { Ask, PermissionAnswer, PermissionMode, PermissionQuestion } from '@sx/agent';

import { type ApprovalAnswer, createApproval } from './approval.ts';
import type { ScreenInput } from './controller.ts';
import type { Desk } from './desk.ts';
import type { LastingRule } from './permissions-file.ts';
import type { Transcript } from './transcript.ts';

export interface Approvals {
  readonly ask: Ask;
  answer(answer: ApprovalAnswer): Promise<void>;
  /** Those that can be reached. */
  readonly modes: readonly PermissionMode[];
  /** A question that the mode answers is not asked any longer. */
  setMode(mode: PermissionMode): void;
  cycleMode(): void;
}

export interface ApprovalParts {
  readonly desk: Desk;
  readonly transcript: Transcript;
  readonly dispatch: (input: ScreenInput) => void;
  readonly bell: () => void;
  readonly report: (error: unknown) => void;
  /** Whether sx was started in mode `bypass`; it cannot be reached otherwise. */
  readonly mayBypass: boolean;
}

interface Asked {
  readonly question: PermissionQuestion;
  readonly lasting: LastingRule | undefined;
  settle(answer: PermissionAnswer): void;
}

const MODES: readonly PermissionMode[] = ['default', 'accept-edits', 'plan'];

export function createApprovals({ desk, transcript, dispatch, bell, report, mayBypass }: ApprovalParts): Approvals {
  let asked: Asked | undefined;

  /** In full, in the scroll-back: however long it is, all of it can be read before the answer. */
  const show = ({ accesses, preview, title, call }: PermissionQuestion): void => {
    const shell = accesses.find((access) => access.action === 'shell');
    if (shell !== undefined) transcript.command(shell.command, call.id);
    else if (preview !== undefined) transcript.diff(preview, call.id);
    else transcript.notice(title);
  };

  const keepRule = async (rule: string, lasting: LastingRule | undefined): Promise<void> => {
    const { session, settings } = desk;
    if (session === undefined || settings === undefined) return;
    const { sessionRule, storeRule } = await import('./permissions-file.ts');
    try {
      session.permissions.add(lasting === undefined ? sessionRule(rule) : await storeRule(lasting, settings));
      if (lasting !== undefined) transcript.notice(`allow ${lasting.rule} is in ${lasting.file} under ${lasting.section}`);
    } catch (error) {
      // The call itself was approved all the same.
      report(error);
    }
  };

  const modes = mayBypass ? [...MODES, 'bypass' as const] : MODES;
  const setMode = (mode: PermissionMode): void => {
    const { session } = desk;
    if (session === undefined) return;
    session.permissions.setMode(mode);
    const decision = asked === undefined
      ? undefined
      : session.permissions.decide(asked.question.call.name, asked.question.accesses);
    if (decision !== undefined && decision.behavior !== 'ask') asked?.settle(decision);
  };

  return {
    async ask(question, { signal }) {
      const { suggestedRule } = question;
      const { lastingRule } = await import('./permissions-file.ts');
      const { settings } = desk;
      const lasting = suggestedRule === undefined || settings === undefined ? undefined : lastingRule(suggestedRule, settings);
      signal.throwIfAborted();
      return new Promise((resolve, reject) => {
        const close = (): void => {
          // While a rule was stored, this one may have been settled otherwise, and the next one asked.
          if (asked !== own) return;
          asked = undefined;
          dispatch({ type: 'asked' });
        };
        const abort = (): void => {
          close();
          reject(signal.reason);
        };
        const own: Asked = {
          question,
          lasting,
          settle(answer) {
            signal.removeEventListener('abort', abort);
            close();
            resolve(answer);
          },
        };
        signal.addEventListener('abort', abort, { once: true });
        asked = own;
        show(question);
        bell();
        dispatch({ type: 'ask', approval: createApproval(question, lasting) });
      });
    },
    async answer(answer) {
      const pending = asked;
      if (pending === undefined) return;
      if (answer.kind === 'no') {
        const { why } = answer;
        return pending.settle(
          { behavior: 'deny', reason: why === '' ? 'the user declined.' : `the user declined, and says: ${why}` },
        );
      }
      const rule = pending.question.suggestedRule;
      const lasting = answer.kind === 'always' ? pending.lasting : undefined;
      if (rule !== undefined && answer.kind !== 'once') await keepRule(rule, lasting);
      pending.settle({ behavior: 'allow' });
    },
    modes,
    setMode,
    cycleMode() {
      const { session } = desk;
      if (session !== undefined) setMode(modes[(modes.indexOf(session.permissions.mode) + 1) % modes.length] ?? 'default');
    },
  };
}
