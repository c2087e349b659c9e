import { constants } from 'node:fs';
import {
	ERRNO_LOOP,
	ERRNO_NOTDIR,
	ERRNO_NXIO,
	OFLAGS_CREAT,
	OFLAGS_DIRECTORY,
	OFLAGS_EXCL,
	OFLAGS_TRUNC,
	STATUS_SPECIAL,
	STATUS_SYMLINK,
} from '../../assembly/layout.js';
import { isSymlink } from './file-kind.js';
import { Access } from './files.js';

// O_NONBLOCK: a thread that is blocked in the opening of a FIFO could never be ended. O_NOCTTY: a terminal stays nobody's.
const ALWAYS = constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;
const NEW = OFLAGS_CREAT | OFLAGS_EXCL;

/** Whether these `OFLAGS_` can open only what they have just created. */
export function opensNew(oflags: number): boolean {
	return (oflags & NEW) === NEW;
}

/** The platform's flags for WASI's. */
export function openFlags(oflags: number, access: Access): number {
	let flags = ALWAYS;
	if (access === Access.append) flags |= constants.O_WRONLY | constants.O_APPEND;
	else if (access === Access.write) flags |= constants.O_RDWR;
	if ((oflags & OFLAGS_CREAT) !== 0) flags |= constants.O_CREAT;
	if ((oflags & OFLAGS_EXCL) !== 0) flags |= constants.O_EXCL;
	if ((oflags & OFLAGS_TRUNC) !== 0) flags |= constants.O_TRUNC;
	if ((oflags & OFLAGS_DIRECTORY) !== 0) flags |= constants.O_DIRECTORY;
	return flags;
}

/** What a failed opening means: the kernel says LOOP or NOTDIR of a symlink, and NXIO of a socket or a FIFO without a reader. */
export function openError(errno: number, location: string | Buffer): number {
	if (errno === ERRNO_LOOP) return STATUS_SYMLINK;
	if (errno === ERRNO_NXIO) return STATUS_SPECIAL;
	if (errno !== ERRNO_NOTDIR) return errno;
	return isSymlink(location) ? STATUS_SYMLINK : errno;
}
