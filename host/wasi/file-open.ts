import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import {
	ERRNO_EXIST,
	ERRNO_ISDIR,
	ERRNO_LOOP,
	ERRNO_MFILE,
	ERRNO_NFILE,
	ERRNO_NOENT,
	ERRNO_NOTDIR,
	FILETYPE_DIRECTORY,
	FILETYPE_REGULAR_FILE,
	OFLAGS_CREAT,
	OFLAGS_DIRECTORY,
	OFLAGS_EXCL,
	OFLAGS_TRUNC,
	STATUS_SYMLINK,
} from '../../assembly/layout.js';
import { descriptorPath, O_PATH } from './descriptor-path.js';
import { errnoOf } from './errno.js';
import { isSymlink, notAFile } from './file-kind.js';
import { Access } from './files.js';

/** To hold what a name stands for, also if that is a symlink. */
export const HOLD_FLAGS = O_PATH | constants.O_NOFOLLOW;
// O_NONBLOCK: what is opened is a file or a directory, and yet nothing here could end a thread that waits in the kernel.
// O_NOCTTY: a terminal stays nobody's.
const ALWAYS = constants.O_NONBLOCK | constants.O_NOCTTY;
const FILE_MODE = 0o666;
const NEW = OFLAGS_CREAT | OFLAGS_EXCL;
/** A name that is not there when it is looked for, and is there when it is to be made, and so on: so often it is tried. */
const TRIES_MAX = 8;

/** Whether these `OFLAGS_` can open only what they have just created. */
export function opensNew(oflags: number): boolean {
	return (oflags & NEW) === NEW;
}

/**
 * Opens what a name stands for, and nothing but regular files and directories: what is there is held first, which does nothing to it
 * (`O_PATH`), then looked at, and what is opened is what was held. So a program that waits at a FIFO goes on waiting, and no device
 * notices anything, whatever somebody else does to the name meanwhile.
 */
export class FileOpener {
	/** Of what was opened last: a `FILETYPE_`, and as it was before it was opened, its size in bytes and how many names it has. */
	kind = 0;
	sizeBytes = 0;
	links = 0;

	/** `giveWay` closes what can be spared when there are no descriptors left; false: there was nothing. */
	constructor(readonly giveWay: () => boolean) {}

	/** The platform's descriptor, or a negated errno. */
	open(location: string | Buffer, oflags: number, access: Access): number {
		try {
			// Neither can open anything else: the kernel makes a file or refuses, and refuses whatever is not a directory.
			if (opensNew(oflags)) return this.#openAs(FILETYPE_REGULAR_FILE, location, oflags, access);
			if ((oflags & OFLAGS_DIRECTORY) !== 0) return this.#openAs(FILETYPE_DIRECTORY, location, oflags, access);
			return (oflags & OFLAGS_CREAT) === 0
				? this.#openHeld(location, oflags, access)
				: this.#openOrMake(location, oflags, access);
		} catch (error) {
			return -openError(errnoOf(error), location);
		}
	}

	#openAs(kind: number, location: string | Buffer, oflags: number, access: Access): number {
		const resource = this.#open(location, constants.O_NOFOLLOW | openFlags(oflags, access));
		this.kind = kind;
		this.sizeBytes = 0;
		this.links = 1;
		return resource;
	}

	#openHeld(location: string | Buffer, oflags: number, access: Access): number {
		const held = this.#open(location, HOLD_FLAGS);
		try {
			const stats = fstatSync(held);
			const isFile = stats.isFile();
			if (!isFile && !stats.isDirectory()) return -notAFile(stats);
			const resource = this.#open(descriptorPath(held), openFlags(oflags, access));
			this.kind = isFile ? FILETYPE_REGULAR_FILE : FILETYPE_DIRECTORY;
			this.sizeBytes = (oflags & OFLAGS_TRUNC) === 0 ? stats.size : 0;
			this.links = stats.nlink;
			return resource;
		} finally {
			closeSync(held);
		}
	}

	#openOrMake(location: string | Buffer, oflags: number, access: Access): number {
		for (let tries = 1; ; tries++) {
			const there = this.open(location, oflags & ~OFLAGS_CREAT, access);
			if (there >= 0 && this.kind === FILETYPE_DIRECTORY) {
				closeSync(there);
				return -ERRNO_ISDIR;
			}
			if (there !== -ERRNO_NOENT) return there;
			const made = this.open(location, oflags | OFLAGS_EXCL, access);
			if (made !== -ERRNO_EXIST || tries === TRIES_MAX) return made;
		}
	}

	#open(location: string | Buffer, flags: number): number {
		try {
			return openSync(location, flags, FILE_MODE);
		} catch (error) {
			const errno = errnoOf(error);
			if ((errno !== ERRNO_MFILE && errno !== ERRNO_NFILE) || !this.giveWay()) throw error;
			return openSync(location, flags, FILE_MODE);
		}
	}
}

/** The platform's flags for WASI's. */
function openFlags(oflags: number, access: Access): number {
	let flags = ALWAYS;
	if (access === Access.append) flags |= constants.O_WRONLY | constants.O_APPEND;
	else if (access === Access.write) flags |= constants.O_RDWR;
	if (opensNew(oflags)) flags |= constants.O_CREAT | constants.O_EXCL;
	if ((oflags & OFLAGS_TRUNC) !== 0) flags |= constants.O_TRUNC;
	if ((oflags & OFLAGS_DIRECTORY) !== 0) flags |= constants.O_DIRECTORY;
	return flags;
}

/** What a failed opening means: the kernel says LOOP or NOTDIR of a symlink. */
function openError(errno: number, location: string | Buffer): number {
	if (errno === ERRNO_LOOP) return STATUS_SYMLINK;
	if (errno !== ERRNO_NOTDIR) return errno;
	return isSymlink(location) ? STATUS_SYMLINK : errno;
}
