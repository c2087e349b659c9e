// What the component asks of WASI beside what the engine does; the adapter turns it into WASI 0.2.

// @ts-ignore: decorator
@external('wasi_snapshot_preview1', 'random_get')
export declare function random_get(pointer: usize, bytes: u32): i32;
// @ts-ignore: decorator
@external('wasi_snapshot_preview1', 'fd_fdstat_get')
export declare function fd_fdstat_get(fd: i32, fdstat: usize): i32;
// @ts-ignore: decorator
@external('wasi_snapshot_preview1', 'poll_oneoff')
declare function poll_oneoff(subscriptions: usize, events: usize, count: u32, counted: usize): i32;

const MONOTONIC: u32 = 1;
const MILLISECOND_NS: u64 = 1_000_000;

// Zeros: a subscription to a clock, with a time from now on.
const subscription = memory.data(48);
const event = memory.data(32);
const counted = memory.data(4);

/** Blocks for so many milliseconds. */
export function sleep(milliseconds: i32): void {
  store<u32>(subscription + 16, MONOTONIC);
  store<u64>(subscription + 24, u64(milliseconds) * MILLISECOND_NS);
  poll_oneoff(subscription, event, 1, counted);
}
