import { mkdirSync, readdirSync, statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Operator } from 'holdfast';
import { afterAll, describe, expect, it } from 'vitest';
// @ts-expect-error: shared with the children, which are plain JavaScript
import { contentOf, recordOf, recordsIn, versionIn } from './children/contents.mjs';
import { cannotMount, DISK_TOOLS, DISKS, Image } from './images.ts';
import { Child, makePlace } from './processes.ts';
import { announceMissing, missingTools } from './tools.ts';

/** Cuts at random moments for each kind of disk; more with HOLDFAST_POWER_CUTS. */
const CUTS = Number(process.env.HOLDFAST_POWER_CUTS ?? 4);
const DEFAULT_SEED = 1;
const SEED = Number(process.env.HOLDFAST_SEED ?? DEFAULT_SEED);

const here = makePlace();
afterAll(() => here.dispose());
const missing = missingTools(DISK_TOOLS, true) ?? cannotMount(here.place);
announceMissing('power cuts on ext4, ext4 noauto_da_alloc and xfs', missing);

const read = (op: Operator, path: string): Promise<Buffer> => op.read(path);
const hiddenIn = (root: string): string[] =>
	readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.includes('.holdfast-'));
const numbersIn = (bytes: Buffer): number[] => (recordsIn(bytes) as { number: number }[]).map(({ number }) => number);

describe.skipIf(missing !== undefined).each(DISKS)('a power cut on $name', (disk) => {
	it('at random moments: what was acknowledged is there, everything else is old or new', {
		timeout: 600_000,
	}, async () => {
		const image = new Image(here.place, disk);
		try {
			const names = ['one', 'two', 'three', 'dir/four'];
			const begun: Record<string, number> = Object.fromEntries([...names, 'log'].map((name) => [name, 0]));
			const done = { ...begun };
			const acknowledged = new Set<number>();
			const setUp = new Operator('fs', { root: image.root });
			for (const name of names) await setUp.write(name, contentOf(name, 0));
			await setUp.write('log', '');
			await setUp.close();
			let seed = SEED;
			let calls = 0;
			for (let cut = 0; cut < CUTS; cut++) {
				seed = (Math.imul(seed, 48271) + cut) >>> 0;
				const child = new Child('mixed', {
					root: image.root,
					seed,
					names,
					versions: begun,
					numbers: begun.log + 1,
					durabilities: ['full'],
				});
				while (child.lines.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
				await new Promise((resolve) => setTimeout(resolve, 50 + (seed % 500)));
				// On xfs an fsync that is on its way at the cut can find nothing left to wait for, and say that all is well (decision 0063): whoever
				// has no power hears nothing of it.
				child.freeze();
				image.cut();
				for (const line of await child.killed()) {
					const [what, name, number] = line.split(' ');
					calls++;
					if (what === 'begin') begun[name] = Math.max(begun[name], Number(number));
					else done[name] = Math.max(done[name], Number(number));
					if (name === 'log' && what === 'done') acknowledged.add(Number(number));
				}
				image.restore();
				const story = `cut ${cut}, seed ${SEED}`;
				const op = new Operator('fs', { root: image.root });
				for (const name of names) {
					const version = versionIn(name, await read(op, name)) as number;
					expect(version, `${story}: ${name} is older than acknowledged`).toBeGreaterThanOrEqual(done[name]);
					expect(version, `${story}: ${name} is newer than begun`).toBeLessThanOrEqual(begun[name]);
					done[name] = version;
				}
				const found = numbersIn(await read(op, 'log'));
				for (const number of acknowledged)
					if (!found.includes(number)) expect.fail(`${story}: record ${number} is lost`);
				for (const number of found) acknowledged.add(number);
				await expect.poll(() => hiddenIn(image.root), { message: story }).toEqual([]);
				if (found.length > 20) {
					await op.write('log', '');
					acknowledged.clear();
				}
				await op.close();
			}
			console.log(`${disk.name}: ${CUTS} power cuts among ${calls} beginnings and acknowledgements`);
		} finally {
			image.dispose();
		}
	});

	const acts = ['create', 'replace', 'append', 'begin', 'large', 'copy', 'rename', 'delete', 'flush'];
	it('the moment after each acknowledgement leaves what was acknowledged', { timeout: 600_000 }, async () => {
		const image = new Image(here.place, disk);
		try {
			for (const act of acts) {
				const setUp = new Operator('fs', { root: image.root });
				await setUp.removeAll('/');
				for (const name of ['replaced', 'moved', 'deleted']) await setUp.write(name, contentOf(name, 1));
				await setUp.write('log', recordOf('a', 1, 5000));
				await setUp.close();
				const child = new Child('steps', { root: image.root, acts: [act] });
				await child.told('done all');
				image.cut();
				await child.killed();
				image.restore();
				const op = new Operator('fs', { root: image.root });
				const story = `cut after ${act}`;
				const has = async (path: string, content: Buffer): Promise<void> => {
					expect((await op.exists(path)) && (await read(op, path)).equals(content), `${story}: ${path}`).toBe(true);
				};
				switch (act) {
					case 'create':
						await has('made/parents/file', contentOf('made/parents/file', 1));
						break;
					case 'replace':
						await has('replaced', contentOf('replaced', 2));
						break;
					case 'append':
						expect(numbersIn(await read(op, 'log')), story).toEqual([1, 2]);
						break;
					case 'begin':
						expect(numbersIn(await read(op, 'new-log')), story).toEqual([1]);
						break;
					case 'large':
						expect(numbersIn(await read(op, 'log')), story).toEqual([1, 3]);
						break;
					case 'flush':
						expect(numbersIn(await read(op, 'log')), story).toEqual([1, 4]);
						break;
					case 'copy':
						await has('copied/file', contentOf('replaced', 1));
						break;
					case 'rename':
						await has('elsewhere/moved', contentOf('moved', 1));
						expect(await op.exists('moved'), story).toBe(false);
						break;
					default:
						expect(await op.exists('deleted'), story).toBe(false);
						break;
				}
				await op.close();
			}
		} finally {
			image.dispose();
		}
	});
});

describe.skipIf(missing !== undefined)('a copy where the file system has reflinks', () => {
	it('shares the blocks of its source, and is a file of its own', async () => {
		const image = new Image(here.place, DISKS[2]);
		try {
			const op = new Operator('fs', { root: image.root });
			const content = Buffer.alloc(32 * 2 ** 20, 'shared ');
			await op.write('source', content);
			mkdirSync(join(image.root, 'free'));
			const before = freeBlocks(image.root);
			await op.copy('source', 'd/copy');
			const used = before - freeBlocks(image.root);
			expect(used, 'blocks of 4 KiB that 32 MiB took').toBeLessThan(1000);
			await op.write('source', 'changed');
			expect((await op.read('d/copy')).equals(content)).toBe(true);
			expect(statSync(join(image.root, 'd/copy')).nlink).toBe(1);
			await op.close();
		} finally {
			image.dispose();
		}
	});
});

function freeBlocks(path: string): number {
	const { bfree, bsize } = statfsSync(path);
	return (bfree * bsize) / 4096;
}
