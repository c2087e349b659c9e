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
import type { Request } from './request.js';

/** What a status means that only a file system of an operating system answers, as `assembly/meanings.ts` has it; `undefined` for any other. */
export function diskMeaning(status: number, request: Request): string | undefined {
	const isFollowed = (request.flags & FLAG_FOLLOW) !== 0 && LINK_STATUSES.has(status);
	return isFollowed ? FOLLOWED_LINK : MEANINGS.get(status);
}

const LINKS_REFUSED =
	"InvalidPath symlinks are not followed; use the path of the file itself, or open the root with symlinks: 'within'";
const LINK_STATUSES = new Set([STATUS_SYMLINK, ERRNO_LOOP]);
const FOLLOWED_LINK =
	'InvalidPath a symlink on the way leads out of the root, or there are more than 40, or it was put there during the call';
const NOT_A_FILE = 'InvalidPath only regular files and directories can be used, and this is something else';

const MEANINGS: ReadonlyMap<number, string> = new Map<number, string>([
	[ERRNO_ACCES, 'PermissionDenied this process is not permitted to do that; check owner and mode'],
	[ERRNO_ROFS, 'PermissionDenied the file system is mounted read-only'],
	[ERRNO_NOTCAPABLE, 'InvalidPath the path leads out of the root'],
	[STATUS_SYMLINK, LINKS_REFUSED],
	[ERRNO_LOOP, LINKS_REFUSED],
	[STATUS_SPECIAL, NOT_A_FILE],
	[ERRNO_NXIO, NOT_A_FILE],
	[ERRNO_ILSEQ, 'InvalidPath the file system cannot hold a name of these bytes; use valid UTF-8'],
	[ERRNO_DQUOT, 'StorageFull the disk quota is used up; make room and write again'],
	[ERRNO_NFILE, 'RateLimited! the system has no descriptor left; try again later'],
	[ERRNO_NOMEM, 'RateLimited! there is not enough memory; try again later'],
	[ERRNO_TXTBSY, 'Unexpected! the file is a program that is running'],
	[ERRNO_STALE, 'Unexpected! the file was removed on its server; try again'],
	[ERRNO_XDEV, 'Unsupported source and target are on different file systems; copy and delete instead'],
	[ERRNO_MLINK, 'Unexpected the file has as many names as the file system can count (EMLINK)'],
	[ERRNO_PIPE, 'Unexpected the other side is gone (EPIPE)'],
	[ERRNO_OVERFLOW, 'Unexpected a value is larger than the storage can express (EOVERFLOW)'],
]);
