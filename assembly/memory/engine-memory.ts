// The memory of the engine that this instance answers, and the time: three functions of the host. The engine is another instance with a memory
// of its own, so that nothing that goes wrong there reaches the files. Addresses of the engine's are only ever handed to these.

// @ts-ignore: decorator
@external('env', 'engine_read')
declare function engine_read(target: usize, source: usize, bytes: u32): void;
// @ts-ignore: decorator
@external('env', 'engine_write')
declare function engine_write(target: usize, source: usize, bytes: u32): void;
/** Milliseconds since 1970, or of a clock that is never set back. */
// @ts-ignore: decorator
@external('env', 'host_time')
declare function host_time(isMonotonic: bool): f64;

const MILLISECOND_NS: u64 = 1_000_000;

const word = memory.data(8);

/** Copies bytes of the engine to here. Outside of its memory the host throws, which ends the engine. */
export function takeBytes(target: usize, source: usize, bytes: u32): void {
  if (bytes != 0) engine_read(target, source, bytes);
}

/** Copies bytes to the engine. */
export function giveBytes(target: usize, source: usize, bytes: u32): void {
  if (bytes != 0) engine_write(target, source, bytes);
}

export function giveWord(target: usize, value: u32): void {
  store<u32>(word, value);
  engine_write(target, word, 4);
}

export function giveLong(target: usize, value: u64): void {
  store<u64>(word, value);
  engine_write(target, word, 8);
}

export function wallNs(): u64 {
  return u64(host_time(false)) * MILLISECOND_NS;
}

export function monotonicNs(): u64 {
  return u64(host_time(true) * f64(MILLISECOND_NS));
}
