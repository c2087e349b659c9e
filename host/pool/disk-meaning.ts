import {
	ERRNO_ACCES,
	ERRNO_DQUOT,
	ERRNO_ILSEQ,
	ERRNO_LOOP,
	ERRNO_MLINK,
	ERRNO_NFILE,
	ERRNO_NOMEM,
	ERRNO_NOTCAPABLE,
	ERRNO_NXIO,
	ERRNO_OVERFLOW,
	ERRNO_PIPE,
	ERRNO_ROFS,
	ERRNO_STALE,
	ERRNO_TXTBSY,
	ERRNO_XDEV,
	FLAG_FOLLOW,
	STATUS_SPECIAL,
	STATUS_SYMLINK,
} from '../../assembly/layout.js';
import type { ErrorCode } from '../errors.js';
import type { Request } from './request.js';

/** What a status means that only a file system of an operating system answers; `undefined` for any other. */
export function diskMeaning(status: number, request: Request): Meaning | undefined {
	const isFollowed = (request.flags & FLAG_FOLLOW) !== 0 && LINK_STATUSES.has(status);
	return isFollowed ? FOLLOWED_LINK : MEANINGS.get(status);
}

/** What a status means to a person. */
export interface Meaning {
	readonly code: ErrorCode;
	readonly message: string;
	/** The state of things behind it passes by itself. */
	readonly passes?: true;
}

const LINKS_REFUSED =
	"symlinks are not followed; use the path of the file itself, or open the root with symlinks: 'within'";
const LINK_STATUSES = new Set([STATUS_SYMLINK, ERRNO_LOOP]);
const FOLLOWED_LINK: Meaning = {
	code: 'InvalidPath',
	message: 'a symlink on the way leads out of the root, or there are more than 40, or it was put there during the call',
};
const NOT_A_FILE = 'only regular files and directories can be used, and this is something else';

const MEANINGS: ReadonlyMap<number, Meaning> = new Map<number, Meaning>([
	[
		ERRNO_ACCES,
		{ code: 'PermissionDenied', message: 'this process is not permitted to do that; check owner and mode' },
	],
	[ERRNO_ROFS, { code: 'PermissionDenied', message: 'the file system is mounted read-only' }],
	[ERRNO_NOTCAPABLE, { code: 'InvalidPath', message: 'the path leads out of the root' }],
	[STATUS_SYMLINK, { code: 'InvalidPath', message: LINKS_REFUSED }],
	[ERRNO_LOOP, { code: 'InvalidPath', message: LINKS_REFUSED }],
	[STATUS_SPECIAL, { code: 'InvalidPath', message: NOT_A_FILE }],
	[ERRNO_NXIO, { code: 'InvalidPath', message: NOT_A_FILE }],
	[ERRNO_ILSEQ, { code: 'InvalidPath', message: 'the file system cannot hold a name of these bytes; use valid UTF-8' }],
	[ERRNO_DQUOT, { code: 'StorageFull', message: 'the disk quota is used up; make room and write again' }],
	[ERRNO_NFILE, { code: 'RateLimited', message: 'the system has no descriptor left; try again later', passes: true }],
	[ERRNO_NOMEM, { code: 'RateLimited', message: 'there is not enough memory; try again later', passes: true }],
	[ERRNO_TXTBSY, { code: 'Unexpected', message: 'the file is a program that is running', passes: true }],
	[ERRNO_STALE, { code: 'Unexpected', message: 'the file was removed on its server; try again', passes: true }],
	[
		ERRNO_XDEV,
		{ code: 'Unsupported', message: 'source and target are on different file systems; copy and delete instead' },
	],
	[ERRNO_MLINK, { code: 'Unexpected', message: 'the file has as many names as the file system can count (EMLINK)' }],
	[ERRNO_PIPE, { code: 'Unexpected', message: 'the other side is gone (EPIPE)' }],
	[ERRNO_OVERFLOW, { code: 'Unexpected', message: 'a value is larger than the storage can express (EOVERFLOW)' }],
]);
