import { readlinkSync } from 'node:fs';
import { errnoOf } from './errno.js';

/**
 * The directory in which Linux shows this process its open descriptors; `''` where there is none. A path through
 * `<directory>/<descriptor>/` starts from what is open there, wherever that is by now. The number of the process in place of
 * `self` spares the kernel a symlink in every call, a tenth of the time that opening takes.
 */
export const DESCRIPTORS_PATH = findDescriptors();

/**
 * Node has no name for it; the number is the same on every Linux platform that Node runs on. Such a descriptor is only a hold on what a name
 * stands for, whatever that is: taking it has no effect on that, and needs no permission to read it.
 */
export const O_PATH = 0o10000000;

/** Path of an open descriptor of the platform's. */
export function descriptorPath(resource: number): string {
	return `${DESCRIPTORS_PATH}/${resource}`;
}

/** Where what is open is now, as a byte string; `''` when the kernel cannot say, because the path is too long for it. */
export function linkOf(resource: number): string {
	try {
		return readlinkSync(descriptorPath(resource), 'latin1');
	} catch (error) {
		errnoOf(error);
		return '';
	}
}

function findDescriptors(): string {
	try {
		// As that mount of /proc counts: its process numbers can be others than `process.pid`.
		return `/proc/${readlinkSync('/proc/self')}/fd`;
	} catch (error) {
		// The file system is not there, or is not Linux's.
		errnoOf(error);
		return '';
	}
}
