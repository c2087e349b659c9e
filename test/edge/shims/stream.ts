// What the suite uses of `node:stream`, where there is none: a source of pieces is any iterable.
export const Readable = { from: <T>(pieces: T): T => pieces };
