import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

// File systems of our own, in files that are mounted as disks. They need root.

export interface DiskKind {
	readonly name: string;
	readonly make: readonly string[];
	readonly options: string;
	readonly bytes: number;
}

const MEBIBYTE = 2 ** 20;
const EXT4 = ['mkfs.ext4', '-q', '-F', '-E', 'lazy_itable_init=0,lazy_journal_init=0'];

/** Those whose power is cut. */
export const DISKS: readonly DiskKind[] = [
	{ name: 'ext4', make: EXT4, options: 'loop', bytes: 96 * MEBIBYTE },
	{ name: 'ext4 noauto_da_alloc', make: EXT4, options: 'loop,noauto_da_alloc', bytes: 96 * MEBIBYTE },
	{ name: 'xfs', make: ['mkfs.xfs', '-q', '-f'], options: 'loop', bytes: 320 * MEBIBYTE },
];
export const SMALL_DISK: DiskKind = { name: 'ext4 of 8 MB', make: EXT4, options: 'loop', bytes: 8 * MEBIBYTE };
export const DISK_TOOLS = ['mount', 'umount', 'mkfs.ext4', 'mkfs.xfs', 'perl'];

/** FS_IOC_SHUTDOWN without flushing the log: what the disk has by then is all that there will be. */
const CUT = 'sysopen(F, $ARGV[0], 0) or die $!; my $f = pack("L", 2); ioctl(F, 0x8004587d, $f) or die $!';

/** A disk in a file. */
export class Image {
	readonly mountPoint: string;
	readonly #file: string;
	readonly #kind: DiskKind;
	#isMounted = false;

	constructor(place: string, kind: DiskKind) {
		this.#kind = kind;
		this.#file = join(place, `${kind.name.replaceAll(' ', '-')}.img`);
		this.mountPoint = join(place, `${kind.name.replaceAll(' ', '-')}.mounted`);
		mkdirSync(this.mountPoint, { recursive: true });
		writeFileSync(this.#file, '');
		truncateSync(this.#file, kind.bytes);
		execFileSync(kind.make[0], [...kind.make.slice(1), this.#file], { stdio: 'pipe' });
		this.mount();
	}

	/** A directory of its own in the image, which has others besides. */
	get root(): string {
		return join(this.mountPoint, 'root');
	}

	mount(): void {
		execFileSync('mount', ['-o', this.#kind.options, this.#file, this.mountPoint], { stdio: 'pipe' });
		this.#isMounted = true;
		mkdirSync(this.root, { recursive: true });
	}

	/** The power is gone for whoever uses it; `restore` brings it back. */
	cut(): void {
		execFileSync('perl', ['-e', CUT, this.mountPoint], { stdio: 'pipe' });
	}

	/** Mounts it again, so that the log is replayed. Nobody may use it meanwhile. */
	restore(): void {
		this.unmount();
		this.mount();
	}

	/** For the end of a test, whatever state things are in. */
	dispose(): void {
		if (this.#isMounted) execFileSync('umount', ['-l', this.mountPoint], { stdio: 'pipe' });
		this.#isMounted = false;
		rmSync(this.#file, { force: true });
	}

	unmount(): void {
		if (!this.#isMounted) return;
		for (let tries = 0; ; tries++) {
			try {
				execFileSync('umount', [this.mountPoint], { stdio: 'pipe' });
				break;
			} catch (error) {
				// A process that was killed just now may still be letting go of it.
				if (tries === 50) throw error;
				execFileSync('sleep', ['0.1']);
			}
		}
		this.#isMounted = false;
	}
}

/** A file system in memory of this size. */
export function mountMemory(mountPoint: string, bytes: number): () => void {
	mkdirSync(mountPoint, { recursive: true });
	execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'holdfast-test', mountPoint], { stdio: 'pipe' });
	return () => execFileSync('umount', ['-l', mountPoint], { stdio: 'pipe' });
}

/** Why no image can be mounted here although everything is installed; `undefined` when one can. */
export function cannotMount(place: string): string | undefined {
	try {
		new Image(place, SMALL_DISK).dispose();
		return undefined;
	} catch (error) {
		const { stderr, message } = error as { stderr?: Buffer; message: string };
		return `images cannot be mounted: ${stderr?.toString().trim() ?? message}`;
	}
}
