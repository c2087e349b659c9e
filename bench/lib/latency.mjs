// Latencies under a load that does not wait for answers.

import { ROUNDS } from './compare.mjs';
import { quantile, spread } from './statistics.mjs';

const ROUND_SECONDS = 1;
const WARM_UP_SECONDS = 0.5;
const NS_PER_US = 1000;
/** A timer of one millisecond is late by up to that much by itself; what is beyond is the calling thread's fault. */
const TIMER_LATE_MS = 2;

/**
 * Measures how long one operation takes that begins every millisecond, for sides in turn. A side is `{ work(index), load() }`: the load
 * begins before its rounds and gives a function that ends it.
 */
export async function compareLatencies(id, title, sides, { rounds = ROUNDS, seconds = ROUND_SECONDS } = {}) {
	const all = Object.entries(sides).map(([name, side]) => ({ name, ...side, p50Us: [], p99Us: [] }));
	for (const { work } of all) await everyMillisecond(WARM_UP_SECONDS, work);
	for (let round = 0; round < rounds; round++) {
		for (let turn = 0; turn < all.length; turn++) {
			const side = all[(turn + round) % all.length];
			globalThis.gc?.();
			const endLoad = await side.load?.();
			const latenciesUs = await everyMillisecond(seconds, side.work);
			await endLoad?.();
			side.p50Us.push(quantile(latenciesUs, 0.5));
			side.p99Us.push(quantile(latenciesUs, 0.99));
		}
	}
	const rows = all.map(({ name, p50Us, p99Us }) => ({ name, p50Us: spread(p50Us), p99Us: spread(p99Us) }));
	return { kind: 'figures', id, title, rounds, rows };
}

/** A timer, so that the calling thread sleeps in between as that of a server does. The time counts from the call. */
async function everyMillisecond(seconds, work) {
	const latenciesUs = [];
	const pending = [];
	const end = performance.now() + seconds * 1000;
	await new Promise((resolve) => {
		let index = 0;
		const timer = setInterval(() => {
			if (performance.now() >= end) {
				clearInterval(timer);
				return resolve();
			}
			pending.push(timed(() => work(index++), latenciesUs));
		}, 1);
	});
	await Promise.all(pending);
	return latenciesUs;
}

async function timed(work, latenciesUs) {
	const started = process.hrtime.bigint();
	await work();
	latenciesUs.push(Number(process.hrtime.bigint() - started) / NS_PER_US);
}

/**
 * Offers so many operations a second, evenly, and never waits for an answer before the next: every millisecond those begin that are due, as a
 * server finds what has arrived when it wakes. The time counts from when an operation begins, or from when it should have begun where the
 * calling thread was too busy for that. Gives the latencies, and the rate at which the operations were answered.
 */
export async function offer(perSecond, seconds, work) {
	const count = Math.round(perSecond * seconds);
	const latenciesUs = new Float64Array(count);
	const startedMs = performance.now();
	let begun = 0;
	let ended = 0;
	let endedMs = startedMs;
	await new Promise((resolve, reject) => {
		const answer = (index, sinceMs) => {
			endedMs = performance.now();
			latenciesUs[index] = (endedMs - sinceMs) * 1000;
			if (++ended === count) resolve();
		};
		const tick = () => {
			const nowMs = performance.now();
			const due = Math.min(count, Math.ceil(((nowMs - startedMs) / 1000) * perSecond));
			for (; begun < due; begun++) {
				const index = begun;
				const dueMs = startedMs + (index / perSecond) * 1000;
				const sinceMs = Math.min(nowMs, dueMs + TIMER_LATE_MS);
				work(index).then(() => answer(index, sinceMs), reject);
			}
			if (begun < count) setTimeout(tick, 1);
		};
		tick();
	});
	return { latenciesUs, perSecond: count / ((endedMs - startedMs) / 1000) };
}
