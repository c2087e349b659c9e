/** What every hidden name begins with. */
export const HIDDEN_MARK = '.holdfast-';
