/**
 * What a terminal can do, guessed from the variables that terminals set. The package reads no environment: the caller hands it
 * over.
 *
 * A guess that is wrong costs looks, never content: the modes used beyond it (synchronized output, bracketed paste, kitty
 * keyboard) are ignored by terminals that do not know them.
 */
import type { ColourDepth } from './colour.ts';

export interface Capabilities {
  /** Plain lines, no escape sequence at all: TERM=dumb, no TERM, or asked for (screen readers). */
  readonly plain: boolean;
  readonly colourDepth: ColourDepth;
  /** What the variables say; the terminal may say more (`learnGraphics`). */
  readonly images: 'none' | 'kitty' | 'iterm2';
  readonly hyperlinks: boolean;
  /** By `COLORFGBG`, until the terminal answers for itself. */
  readonly ground: 'dark' | 'light';
  /** tmux or screen stands between: it tells of another size some time after it took it. */
  readonly multiplexed: boolean;
}

export interface TerminalVariables {
  readonly TERM?: string | undefined;
  readonly COLORTERM?: string | undefined;
  readonly TERM_PROGRAM?: string | undefined;
  readonly NO_COLOR?: string | undefined;
  readonly FORCE_COLOR?: string | undefined;
  /** iTerm2's name for itself, which ssh carries over. */
  readonly LC_TERMINAL?: string | undefined;
  readonly TMUX?: string | undefined;
  readonly STY?: string | undefined;
  readonly KITTY_WINDOW_ID?: string | undefined;
  readonly WT_SESSION?: string | undefined;
  readonly COLORFGBG?: string | undefined;
}

const present = (value: string | undefined): boolean => value !== undefined && value !== '';

export function detectCapabilities(variables: TerminalVariables, platform = 'linux'): Capabilities {
  const { TERM = '', TERM_PROGRAM = '', LC_TERMINAL = '' } = variables;
  const windows = platform === 'win32';
  const plain = TERM === 'dumb' || (TERM === '' && !windows);
  const multiplexed = present(variables.TMUX) || present(variables.STY) || /^(tmux|screen)/.test(TERM);
  const kitty = present(variables.KITTY_WINDOW_ID) || /^xterm-(kitty|ghostty)$/.test(TERM) || TERM_PROGRAM === 'ghostty';
  const iterm2 = TERM_PROGRAM === 'iTerm.app' || TERM_PROGRAM === 'WezTerm' || (TERM_PROGRAM === '' && LC_TERMINAL === 'iTerm2');
  return {
    plain,
    multiplexed,
    colourDepth: plain ? 'none' : colourDepthOf(variables, windows),
    // A multiplexer swallows image sequences or loses them when it redraws.
    images: plain || multiplexed ? 'none' : kitty ? 'kitty' : iterm2 ? 'iterm2' : 'none',
    hyperlinks: !plain && (kitty || iterm2 || present(variables.WT_SESSION) || /^(vscode|alacritty)$/i.test(TERM_PROGRAM)),
    // The number of the ground among the sixteen colours stands last: `15;0`, `0;default;15`. As vim reads it.
    ground: /(?:^|;)(?:7|9|1[0-5])$/.test(variables.COLORFGBG ?? '') ? 'light' : 'dark',
  };
}

/** NO_COLOR (no-color.org) wins over all; FORCE_COLOR=0 to 3 as other programs read it. */
function colourDepthOf(variables: TerminalVariables, windows: boolean): ColourDepth {
  if (present(variables.NO_COLOR)) return 'none';
  const forced = variables.FORCE_COLOR;
  if (forced === '0' || forced === 'false') return 'none';
  if (forced === '3') return 'true';
  if (forced === '2') return '256';
  if (forced === '1') return '16';
  const { TERM = '', COLORTERM = '' } = variables;
  if (/truecolor|24bit/i.test(COLORTERM) || windows || /kitty|ghostty|direct/.test(TERM)) return 'true';
  if (/256/.test(TERM)) return '256';
  return /mono|vt1|vt2/.test(TERM) ? 'none' : '16';
}
