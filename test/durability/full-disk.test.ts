import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Operator } from 'holdfast';
import { afterAll, describe, expect, it } from 'vitest';
import { cannotMount, DISK_TOOLS, Image, mountMemory, SMALL_DISK } from './images.ts';
import { Child, makePlace } from './processes.ts';
import { announceMissing, missingTools } from './tools.ts';

const here = makePlace();
afterAll(() => here.dispose());
const missing = missingTools(DISK_TOOLS, true) ?? cannotMount(here.place);
announceMissing('full disks', missing);

const AUTHORS = ['a', 'b', 'c'];

/** Three processes fill the store until each has failed thirty times; what they stored must be there, and nothing else. */
async function fill(root: string, bytes: number): Promise<void> {
	const children = AUTHORS.map((author) => new Child('fill', { root, author, bytes }));
	const told = await Promise.all(children.map((child) => child.finished()));
	const op = new Operator('fs', { root });
	try {
		let stored = 0;
		for (const [index, lines] of told.entries()) {
			const author = AUTHORS[index];
			const failures = lines.filter((line) => line.startsWith('failed'));
			expect(new Set(failures), 'how calls failed').toEqual(new Set(['failed StorageFull']));
			const last = new Map<string, string>();
			const log: string[] = [];
			for (const line of lines) {
				const [what, name, version] = line.split(' ');
				if (what !== 'stored') continue;
				stored++;
				if (name === 'log') log.push(version);
				else last.set(name, version);
			}
			for (const [name, version] of last) {
				const wanted = Buffer.alloc(bytes, `${name}:${version}.`);
				expect((await op.read(name)).equals(wanted), `${name} is version ${version}`).toBe(true);
			}
			const found = log.length === 0 ? Buffer.alloc(0) : await op.read(`${author}-log`);
			expect(found.length, `${author}-log`).toBe(log.length * bytes);
			for (const [at, version] of log.entries()) {
				const wanted = Buffer.alloc(bytes, `${author}-${Number(version) % 5}:${version}.`);
				expect(found.subarray(at * bytes, (at + 1) * bytes).equals(wanted), `record ${version} of ${author}-log`).toBe(
					true,
				);
			}
		}
		expect(stored).toBeGreaterThan(5);
		const left = (): string[] => readdirSync(root).filter((name) => name.startsWith('.holdfast-'));
		await expect.poll(left).toEqual([]);
		// Room again: everything works again.
		await op.removeAll('/');
		await op.write('after', Buffer.alloc(bytes, 1));
		expect((await op.read('after')).length).toBe(bytes);
		console.log(`${stored} calls stored, ${told.flat().filter((line) => line.startsWith('failed')).length} failed`);
	} finally {
		await op.close();
	}
}

describe.skipIf(missing !== undefined)('a full disk', () => {
	it('in memory, filled from three processes: what was acknowledged is whole, the rest failed clearly', async () => {
		const mountPoint = join(here.place, 'memory');
		const unmount = mountMemory(mountPoint, 1_500_000);
		try {
			await fill(mountPoint, 70_000);
		} finally {
			unmount();
		}
	});

	it('of 8 MB, filled from three processes: the same', async () => {
		const image = new Image(here.place, SMALL_DISK);
		try {
			await fill(image.root, 400_000);
		} finally {
			image.dispose();
		}
	});
});
