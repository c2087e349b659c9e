import { closeSync, type FSWatcher, fstatSync, openSync, readSync, statfsSync } from 'node:fs';
import { DESCRIPTORS_PATH, descriptorPath } from './descriptor-path.js';
import type { DirectoryEvents } from './directory-events.js';
import { errnoOf } from './errno.js';

/** File systems that set the change time of a directory when it gets another name or is removed: ext, xfs, btrfs and tmpfs. */
const TELLING_FILE_SYSTEMS: ReadonlySet<number> = new Set([0xef53, 0x58465342, 0x9123683e, 0x01021994]);
/**
 * Change times are taken from a clock that may stand still for some milliseconds. What has not changed for so long cannot change
 * again and keep the same time.
 */
const QUIET_MS = 2000;
/** What `/proc` says of a directory's descriptor, of which the mount is the third line. */
const INFO = Buffer.alloc(256);
const MOUNT_ID = /^mnt_id:\s*(\d+)$/m;
/** Whether a directory's change time tells, by its device; `undefined`: not known yet. */
const telling = new Map<number, boolean>();

/** An open directory with its witness. */
interface Watchable {
	readonly resource: number;
	readonly witness: PlaceWitness;
}

/**
 * Shows that an open directory still has the name that it had when it was looked at: its change time is the same, and was old then. To
 * ask for the time takes a quarter of what it takes to ask for the place. It says nothing of the directories above.
 *
 * It is not believed where a change time can be late (network file systems, overlays), nor across a mount point, since a mount can
 * be taken away without any directory's noticing.
 */
export class PlaceWitness {
	/** Milliseconds since 1970, finer than a millisecond; NaN, which equals nothing: not known. */
	#changedMs = Number.NaN;
	/**
	 * Whether its change time tells, and it is on the mount of the directory from which paths start: asked once, because that is fixed while
	 * both are open.
	 */
	#isBelieved: boolean | undefined = undefined;
	/** It was looked at before: of many directories most are looked at once, and asking for the mount takes as long as opening. */
	#isKnown = false;
	/** The mount of the directory; undefined: not asked for yet. */
	#mount: number | undefined = undefined;
	#watcher: FSWatcher | undefined = undefined;
	/** What had been heard when the directory was last looked at while it was watched. */
	#heard = -1;
	#looks = 0;

	/** With `events` a directory that is asked about all the time is watched instead. */
	constructor(readonly events?: DirectoryEvents) {}

	/** The change time that it is held against, in milliseconds since 1970; NaN when that says nothing. */
	get changedMs(): number {
		return this.#changedMs;
	}

	get isWatched(): boolean {
		return this.#watcher !== undefined;
	}

	/**
	 * Whether nobody has moved or removed the directory since it was looked at. False: that is not known. That an open directory was removed is
	 * told by the one above, if there is one.
	 */
	isUnmoved(resource: number, above?: Watchable): boolean {
		if (Number.isNaN(this.#changedMs)) return false;
		const { events } = this;
		events?.count();
		const isTold = this.isWatched && (above === undefined || above.witness.isWatched);
		if (isTold && events?.isQuietSince(this.#heard)) return true;
		// Before the look: what is heard from here on can be of something that it does not show.
		const heard = events?.heard ?? -1;
		try {
			if (fstatSync(resource).ctimeMs !== this.#changedMs) return false;
		} catch (error) {
			errnoOf(error);
			return false;
		}
		if (isTold) {
			this.#heard = heard;
		} else if (events?.wants(++this.#looks)) {
			above?.witness.watch(above.resource);
			this.watch(resource);
		}
		return true;
	}

	watch(resource: number): void {
		this.#watcher ??= this.events?.watch(resource);
	}

	/** Neither it nor what is below it is watched from now on. */
	unwatch(): void {
		if (this.#watcher === undefined) return;
		this.events?.unwatch(this.#watcher);
		this.#watcher = undefined;
		this.#heard = -1;
		this.#looks = 0;
	}

	/** To be called before the place is found to be right: what happens to it from here on can be seen later. */
	look(resource: number, base: Watchable): void {
		this.#changedMs = Number.NaN;
		const isFirst = !this.#isKnown;
		this.#isKnown = true;
		if (isFirst || this.#isBelieved === false) return;
		try {
			const { ctimeMs, dev } = fstatSync(resource);
			// A time to come, after somebody set the clock back, is not old either.
			if (!isOld(ctimeMs)) return;
			this.#isBelieved ??= isTelling(dev, resource) && this.#mountOf(resource) === base.witness.#mountOf(base.resource);
			if (this.#isBelieved) this.#changedMs = ctimeMs;
		} catch (error) {
			errnoOf(error);
		}
	}

	#mountOf(resource: number): number {
		this.#mount ??= mountOf(resource);
		return this.#mount;
	}
}

/** Whether a change time, in milliseconds since 1970, is so old that the next change gives another one. */
export function isOld(changedMs: number): boolean {
	return Date.now() - changedMs >= QUIET_MS;
}

function isTelling(device: number, resource: number): boolean {
	let known = telling.get(device);
	if (known === undefined) {
		known = TELLING_FILE_SYSTEMS.has(statfsSync(descriptorPath(resource)).type);
		telling.set(device, known);
	}
	return known;
}

/** Number of the mount that a descriptor is on; NaN when the kernel does not say, and that is equal to nothing. */
function mountOf(resource: number): number {
	// `readFileSync` asks for a size that there is not, and reads until nothing comes into 64 KiB of its own: three times as long.
	const info = openSync(`${DESCRIPTORS_PATH}info/${resource}`, 'r');
	try {
		return Number(MOUNT_ID.exec(INFO.latin1Slice(0, readSync(info, INFO)))?.[1]);
	} finally {
		closeSync(info);
	}
}
