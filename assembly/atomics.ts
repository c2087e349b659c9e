// Words that host and engine both touch. The unshared build (components, inline poll) has no threads, and then a plain load is
// the same thing: nobody else runs while the engine does.

// @ts-ignore: decorator
@inline
export function loadWord(address: usize): u32 {
  if (ASC_FEATURE_THREADS) return atomic.load<u32>(address);
  return load<u32>(address);
}

// @ts-ignore: decorator
@inline
export function storeWord(address: usize, value: u32): void {
  if (ASC_FEATURE_THREADS) atomic.store<u32>(address, value);
  else store<u32>(address, value);
}

// @ts-ignore: decorator
@inline
export function addWord(address: usize, value: u32): void {
  if (ASC_FEATURE_THREADS) atomic.add<u32>(address, value);
  else store<u32>(address, load<u32>(address) + value);
}

/** Replaces `expected` by `value`; true when this call did it. */
// @ts-ignore: decorator
@inline
export function swapWord(address: usize, expected: u32, value: u32): bool {
  if (ASC_FEATURE_THREADS) return atomic.cmpxchg<u32>(address, expected, value) == expected;
  if (load<u32>(address) != expected) return false;
  store<u32>(address, value);
  return true;
}

// @ts-ignore: decorator
@inline
export function notifyWord(address: usize): void {
  if (ASC_FEATURE_THREADS) atomic.notify(address, -1);
}

/** Sleeps until the word differs from `seen`, somebody notifies, or the time is over (-1: no limit). True: it is over. */
// @ts-ignore: decorator
@inline
export function waitWord(address: usize, seen: u32, timeoutNs: i64): bool {
  if (ASC_FEATURE_THREADS) return atomic.wait<u32>(address, seen, timeoutNs) == AtomicWaitResult.TIMED_OUT;
  return false;
}
