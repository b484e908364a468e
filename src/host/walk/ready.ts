/**
 * A worker's first message: its native code is loaded. A thread that is ended before that takes the whole process down: the module throws
 * into a JavaScript context that is going away.
 */
export const READY = 'ready';
