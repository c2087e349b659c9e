import { decodeStat } from '../wasi/decode-stat.js';
import type { KnownStat } from './stat-words.js';

/** What a WASI filestat at `at` says; there are not so many entries here that their memory counts. */
export function listedStat(kind: number, stats: DataView, at: number): KnownStat {
	return { ...decodeStat(stats, at), kind };
}

export function keptStat(stat: KnownStat): KnownStat {
	return { ...stat };
}
