// What a step of a request says to the loop.

/** The request has ended; its status is set. */
export const DONE: i32 = 0;
/** There is more to do: others get their turn first. */
export const YIELD: i32 = 1;
/** It needs a buffer and there is none. */
export const WAIT_BUFFER: i32 = 2;
/** An import answered AGAIN: repeat the step when the host says that it is ready. */
export const PARK: i32 = 3;
/** It waits for its deadline. */
export const WAIT_TIME: i32 = 4;
/** Another request of this instance is in the gate of the same name. */
export const WAIT_GATE: i32 = 5;
/** It is ready for the fsync of its directory, which one request does for all that are. */
export const WAIT_SYNC: i32 = 6;
/** Another request works on the same writer. */
export const WAIT_WRITER: i32 = 7;
