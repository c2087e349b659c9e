import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { type Figures, Finding, fuzz, replay } from './fuzzer.ts';
import { targets } from './targets/index.ts';

const USAGE = `npm run fuzz -- [--target NAME]... [--minutes N | --runs N] [--seed N] [--case N]

  --target   one of ${targets.map(({ name }) => name).join(', ')}; default: all, one after the other
  --minutes  for all targets together; default 1
  --runs     cases of each target instead
  --seed     where chance begins; default: the time
  --case     only this case, as a finding names it; needs one --target. With --runs so many times: what depends on how threads
             happen to lie shows itself in one of thousands, and sooner on a busy processor`;

const PROGRESS_MS = 5000;
/** A thread that has not come back for so long is in an endless loop. */
const STUCK_MS = 180_000;

/** To note where an error was made takes longer than most calls that fail. A case that is replayed shows all of it. */
const STACK_FRAMES = 3;

const { values } = parseArgs({
	options: {
		target: { type: 'string', multiple: true },
		minutes: { type: 'string' },
		runs: { type: 'string' },
		seed: { type: 'string' },
		case: { type: 'string' },
		help: { type: 'boolean', short: 'h' },
	},
});

function refuse(reason: string): never {
	console.error(`fuzz: ${reason}\n\n${USAGE}`);
	process.exit(2);
}

function positive(name: 'minutes' | 'runs' | 'seed' | 'case'): number | undefined {
	if (values[name] === undefined) return undefined;
	const number = Number(values[name]);
	return Number.isFinite(number) && number >= 0 ? number : refuse(`--${name} is a number`);
}

const chosen = (values.target ?? targets.map(({ name }) => name)).map(
	(name) => targets.find((target) => target.name === name) ?? refuse(`there is no target '${name}'`),
);

// A case in an endless loop cannot report itself: another thread does, from words that the loop does not touch.
const pulse = new Int32Array(new SharedArrayBuffer(8));
const watchdog = `
	const { workerData } = require('node:worker_threads');
	let seen = -1;
	setInterval(() => {
		if (workerData.pulse[0] === seen) {
			require('node:fs').writeSync(2, 'fuzz: case ' + (workerData.pulse[1] >>> 0) + ' hangs\\n');
			process.kill(process.pid, 'SIGKILL');
		}
		seen = workerData.pulse[0];
	}, workerData.stuckMs);`;

async function main(): Promise<number> {
	if (values.help) {
		console.log(USAGE);
		return 0;
	}
	const only = positive('case');
	if (only !== undefined && chosen.length !== 1) refuse('--case needs one --target');
	if (only === undefined) Error.stackTraceLimit = STACK_FRAMES;
	new Worker(watchdog, { eval: true, workerData: { pulse, stuckMs: STUCK_MS } }).unref();
	const seed = positive('seed') ?? Date.now() % 2 ** 32;
	const runs = positive('runs');
	const milliseconds = runs === undefined ? ((positive('minutes') ?? 1) * 60_000) / chosen.length : undefined;
	for (const target of chosen) {
		if (only !== undefined) {
			const beganMs = performance.now();
			const figures = await replay(target, only, runs ?? 1, () => Atomics.add(pulse, 0, 1));
			report(target.name, figures, performance.now() - beganMs);
			continue;
		}
		console.log(`${target.name}: seed ${seed}`);
		const beganMs = performance.now();
		let shownMs = beganMs;
		const onCase = (caseSeed: number, figures: Figures): void => {
			pulse[1] = caseSeed;
			Atomics.add(pulse, 0, 1);
			const nowMs = performance.now();
			if (nowMs - shownMs < PROGRESS_MS) return;
			shownMs = nowMs;
			report(target.name, figures, nowMs - beganMs);
		};
		const figures = await fuzz(target, { seed, runs: runs ?? Number.POSITIVE_INFINITY, milliseconds, onCase });
		report(`${target.name}: done`, figures, performance.now() - beganMs);
	}
	console.log('nothing was found');
	return 0;
}

function report(name: string, { cases, calls }: Figures, milliseconds: number): void {
	const seconds = Math.max(1, milliseconds / 1000);
	const rate = Math.round(calls / seconds).toLocaleString('en');
	console.log(
		`${name}: ${cases} cases, ${calls.toLocaleString('en')} calls in ${Math.round(seconds)} s, ${rate} calls/s`,
	);
}

for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
	process.on(event, (error) => {
		console.error(`fuzz: ${event} in case ${pulse[1] >>> 0}:`, error);
		process.exit(1);
	});
}

main().then(
	(code) => process.exit(code),
	(error) => {
		console.error(error instanceof Finding ? error.message : error);
		process.exit(1);
	},
);
