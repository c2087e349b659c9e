// File systems to measure on besides that of the temporary directory: what an fsync costs is theirs to say. They take root and mkfs.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const BYTES = 512 * 2 ** 20;
const KINDS = {
	ext4: ['mkfs.ext4', '-q', '-F', '-E', 'lazy_itable_init=0,lazy_journal_init=0'],
	xfs: ['mkfs.xfs', '-q', '-f'],
};

export const DISK_IMAGES = Object.keys(KINDS);

/** Calls `work(name, directory)` for each that can be mounted here, and says so of those that cannot. */
export async function onDiskImages(work) {
	for (const [name, [command, ...options]] of Object.entries(KINDS)) {
		const place = mkdtempSync(join(process.env.HOLDFAST_BENCH_ROOT ?? tmpdir(), 'holdfast-bench-disk-'));
		const file = join(place, 'image');
		const mounted = join(place, 'mounted');
		try {
			mkdirSync(mounted);
			writeFileSync(file, '');
			truncateSync(file, BYTES);
			try {
				execFileSync(command, [...options, file], { stdio: 'pipe' });
				execFileSync('mount', ['-o', 'loop', file, mounted], { stdio: 'pipe' });
			} catch (error) {
				console.log(`\nNOT RUN on an image of ${name}: ${error.message.split('\n')[0]}`);
				continue;
			}
			try {
				await work(name, mounted);
			} finally {
				execFileSync('umount', ['-l', mounted]);
			}
		} finally {
			rmSync(place, { recursive: true, force: true });
		}
	}
}
