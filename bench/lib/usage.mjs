// What a stretch of work took: time, CPU of the whole process, CPU of the calling thread.
import { readFileSync } from 'node:fs';

const CALLER = `/proc/self/task/${process.pid}/schedstat`;

/** Starts to measure; the function that it gives ends that and tells, in microseconds and seconds. */
export function measureUsage() {
	const callerNs = callerCpuNs();
	const cpu = process.cpuUsage();
	const started = process.hrtime.bigint();
	return () => {
		const seconds = Number(process.hrtime.bigint() - started) / 1e9;
		const used = process.cpuUsage(cpu);
		return { seconds, cpuUs: used.user + used.system, callerUs: (callerCpuNs() - callerNs) / 1000 };
	};
}

/** Resident memory of a process in MiB, of this one unless said. */
export function residentMib(pid = 'self') {
	return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]) / 1024;
}

/** `process.cpuUsage()` has all threads; the scheduler knows the main one alone, to the nanosecond. */
function callerCpuNs() {
	return Number(readFileSync(CALLER, 'latin1').split(' ')[0]);
}
