// A process of its own that works on a store, for tests with several of them. What it does is the first argument, how the second.
import { existsSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { Operator } from 'holdfast';
import { contentOf, recordOf, recordsIn, versionIn } from './contents.mjs';

const [, , mode, json] = process.argv;
const options = JSON.parse(json);
const op = new Operator('fs', { root: options.root, ...options.pool });

/** A line to the parent, which has it even if this process is killed at once. */
const tell = (line) => writeSync(1, `${line}\n`);
const isStopped = () => existsSync(join(options.root, '..', 'stop'));

const modes = {
	/** Tries to be the first with each of the names; tells those it won. */
	async rival() {
		tell('ready');
		while (!existsSync(join(options.root, '..', 'go'))) await new Promise((resolve) => setTimeout(resolve, 1));
		for (let round = 0; round < options.rounds; round++) {
			const tries = Array.from({ length: options.rivals }, (_, rival) =>
				op.write(`names/${round}`, `${process.pid}.${rival}`, { ifNotExists: true }).then(
					() => tell(`won ${round} ${process.pid}.${rival}`),
					(error) => {
						if (error.code !== 'ConditionNotMatch') tell(`error ${error.message}`);
					},
				),
			);
			await Promise.all(tries);
		}
	},

	/** Adds one to a number, so often, each time on the condition that nobody else has meanwhile. */
	async counter() {
		for (let done = 0; done < options.count; ) {
			const { etag } = await op.stat('counter');
			try {
				const value = Number(await op.read('counter', { ifMatch: etag }));
				await op.write('counter', String(value + 1), { ifMatch: etag, durability: options.durability });
				done++;
			} catch (error) {
				if (error.code !== 'ConditionNotMatch') throw error;
			}
		}
		tell(`counted ${options.count}`);
	},

	async append() {
		for (let number = 0; number < options.count; number++) {
			const record = recordOf(options.author, number, options.longest);
			await op.write('log', record, { append: true, durability: options.durability });
		}
		tell(`appended ${options.count}`);
	},

	/** Reads the log again and again: it must consist of whole records at any moment. */
	async follow() {
		const reader = await op.reader('log');
		const whole = Buffer.alloc(64 << 20);
		let known = 0;
		let reads = 0;
		let longest = 0;
		tell('ready');
		while (!isStopped()) {
			const size = Number((await op.stat('log')).contentLength);
			const bytes = await op.read('log');
			recordsIn(bytes);
			// An open reader goes on where it was.
			for (let count = 1; count > 0; known += count) count = Number(await reader.read(whole.subarray(known)));
			recordsIn(whole.subarray(0, known));
			if (bytes.length < size || known < bytes.length)
				throw new Error(`the log shrank: ${size}, ${bytes.length}, ${known}`);
			longest = known;
			reads++;
		}
		tell(`followed ${reads} ${longest}`);
	},

	/** Replaces, appends, copies, renames and deletes until it is killed; tells what it begins and what was acknowledged. */
	async mixed() {
		const { seed, names } = options;
		let state = seed;
		const random = (below) => {
			state = (Math.imul(state, 1103515245) + 12345) >>> 0;
			return (state >>> 8) % below;
		};
		const version = Object.fromEntries(names.map((name) => [name, options.versions[name]]));
		const durabilities = options.durabilities ?? ['full', 'file', 'none'];
		let numbers = options.numbers;
		const work = async (name) => {
			for (;;) {
				const durability = durabilities[random(3)];
				if (random(3) === 0) {
					const number = numbers++;
					tell(`begin log ${number}`);
					const record = recordOf('a', number, random(4) === 0 ? 3_000_000 : 5000);
					await op.write('log', record, { append: true, durability });
					tell(`done log ${number}`);
					continue;
				}
				const next = ++version[name];
				tell(`begin ${name} ${next}`);
				const content = contentOf(name, next);
				if (random(3) > 0) {
					await op.write(name, content, { durability });
				} else {
					// By way of another name, which nobody asks after.
					await op.write(`spare/${name}`, content, { durability });
					await (random(2) === 0
						? op.copy(`spare/${name}`, name, { durability })
						: op.rename(`spare/${name}`, name, { durability }));
				}
				tell(`done ${name} ${next}`);
			}
		};
		await Promise.all(names.map(work));
	},

	/** One of everything that changes something, one after the other; each is told when it is acknowledged. */
	async steps() {
		const acts = {
			create: () => op.write('made/parents/file', contentOf('made/parents/file', 1)),
			replace: () => op.write('replaced', contentOf('replaced', 2)),
			append: () => op.write('log', recordOf('a', 2, 5000), { append: true }),
			begin: () => op.write('new-log', recordOf('a', 1, 5000), { append: true }),
			large: () => op.write('log', recordOf('a', 3, 3_000_000), { append: true }),
			copy: () => op.copy('replaced', 'copied/file'),
			rename: () => op.rename('moved', 'elsewhere/moved'),
			delete: () => op.delete('deleted'),
			flush: async () => {
				const writer = await op.writer('log', { append: true });
				await writer.write(recordOf('a', 4, 5000));
				await writer.flush();
			},
		};
		for (const name of options.acts) {
			await acts[name]();
			tell(`done ${name}`);
		}
		tell('done all');
		await new Promise((resolve) => setTimeout(resolve, 60_000));
	},

	/** Fills the store until it is full, and goes on for a while; tells what is stored and how what is not failed. */
	async fill() {
		for (let version = 1, failures = 0; failures < 30; version++) {
			const name = `${options.author}-${version % 5}`;
			const content = Buffer.alloc(options.bytes, `${name}:${version}.`);
			try {
				if (version % 3 === 0) await op.write(`${options.author}-log`, content, { append: true });
				else await op.write(name, content);
				tell(`stored ${version % 3 === 0 ? 'log' : name} ${version}`);
			} catch (error) {
				failures++;
				tell(`failed ${error.code}`);
			}
		}
	},

	/** One durable replacement, and whatever reader there is must not notice. */
	async replace() {
		await op.write('file', contentOf('file', options.version));
		tell('done');
	},

	/** Reads one name again and again: old or new, never torn. */
	async watch() {
		tell('ready');
		let reads = 0;
		const seen = new Set();
		while (!isStopped()) {
			seen.add(versionIn('file', await op.read('file')));
			reads++;
		}
		tell(`watched ${reads} ${[...seen].sort((a, b) => a - b).join(',')}`);
	},
};

await modes[mode]();
await op.close();
