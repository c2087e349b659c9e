import type { Target } from './target.ts';

/** Nothing that a case asks for takes so many ticks. They are counted, and not the time: a process that gets no processor does not hang. */
const HANG_TICKS = 480;
const TICK_MS = 250;

export interface Figures {
	cases: number;
	calls: number;
}

export interface FuzzOptions {
	readonly seed: number;
	/** Most cases. */
	readonly runs: number;
	/** Most milliseconds. */
	readonly milliseconds?: number;
	/** Told before every case. */
	readonly onCase?: (caseSeed: number, figures: Figures) => void;
}

/** What a case found, and how to see it again. */
export class Finding extends Error {
	constructor(target: string, caseSeed: number, cause: unknown) {
		const reason = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
		super(`${target}: ${reason}\nReplay: npm run fuzz -- --target ${target} --case ${caseSeed}`, { cause });
	}
}

/** Case after case, until there were enough of them or the time is over. The first that finds something ends it. */
export async function fuzz(target: Target, { seed, runs, milliseconds, onCase }: FuzzOptions): Promise<Figures> {
	const figures: Figures = { cases: 0, calls: 0 };
	const endMs = performance.now() + (milliseconds ?? Number.POSITIVE_INFINITY);
	const session = await target.open();
	for (let index = 0; index < runs && performance.now() < endMs; index++) {
		const caseSeed = caseSeedOf(seed, index);
		onCase?.(caseSeed, figures);
		try {
			const calls = session.run(caseSeed);
			figures.calls += typeof calls === 'number' ? calls : await inTime(calls);
		} catch (error) {
			throw new Finding(target.name, caseSeed, error);
		}
		figures.cases++;
	}
	await session.close();
	return figures;
}

/** One case again, as often as one likes. */
export async function replay(target: Target, caseSeed: number, times = 1, onCase?: () => void): Promise<Figures> {
	const figures: Figures = { cases: 0, calls: 0 };
	const session = await target.open();
	for (; figures.cases < times; figures.cases++) {
		onCase?.();
		try {
			figures.calls += await inTime(session.run(caseSeed));
		} catch (error) {
			throw new Finding(target.name, caseSeed, error);
		}
	}
	await session.close();
	return figures;
}

/** Neighbours must not be alike (a finaliser as in murmur3). */
function caseSeedOf(seed: number, index: number): number {
	let mixed = (seed ^ Math.imul(index + 1, 0x9e3779b1)) >>> 0;
	mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
	mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
	return (mixed ^ (mixed >>> 16)) >>> 0;
}

async function inTime<T>(work: T | Promise<T>): Promise<T> {
	let timer: NodeJS.Timeout | undefined;
	let ticks = 0;
	const hang = new Promise<never>((_, reject) => {
		timer = setInterval(() => {
			if (++ticks === HANG_TICKS) reject(new Error(`it did not end within ${(ticks * TICK_MS) / 1000} s`));
		}, TICK_MS);
	});
	try {
		return await Promise.race([work, hang]);
	} finally {
		clearInterval(timer);
	}
}
