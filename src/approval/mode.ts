/** `auto`: the first way that works. `human`: only a way that reaches a person. `token`: always a token. */
export const CONFIRM_MODES = ['auto', 'human', 'token'] as const;
export type ConfirmMode = (typeof CONFIRM_MODES)[number];
