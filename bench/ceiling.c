/*
 * The ceiling: the same system calls in one C thread, with nothing around them. Started with a mode and its arguments, it does as many
 * operations as each line of standard input asks for, and answers with a line: nanoseconds that passed, nanoseconds of CPU.
 *
 *   ceiling whole LIST          open, fstat, read, close of the files whose full paths LIST has, one in a line
 *   ceiling stat LIST           stat of the same
 *   ceiling pread FILE BLOCKS   reads of 4 KiB at one of so many places of an open file
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define BLOCK_BYTES 4096

static char **paths;
static size_t count;
/* A round goes on where the last one ended, so that all files have their turn. */
static uint32_t next;
static int fd = -1;
static char block[BLOCK_BYTES];

static void fail(const char *what) {
	fprintf(stderr, "ceiling: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int64_t now(clockid_t clock) {
	struct timespec time;
	clock_gettime(clock, &time);
	return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

/* As in lib/fixtures.mjs. */
static size_t scatter(uint32_t index) {
	return (index * UINT32_C(0x9e3779b1)) % count;
}

static void read_whole(uint32_t index) {
	const char *path = paths[scatter(index)];
	struct stat status;
	int file = open(path, O_RDONLY | O_CLOEXEC);
	if (file < 0 || fstat(file, &status) != 0) fail(path);
	if (status.st_size > BLOCK_BYTES || read(file, block, BLOCK_BYTES) != status.st_size) fail("short read");
	if (close(file) != 0) fail(path);
}

static void look(uint32_t index) {
	struct stat status;
	if (stat(paths[scatter(index)], &status) != 0) fail("stat");
}

static void read_block(uint32_t index) {
	if (pread(fd, block, BLOCK_BYTES, (off_t)scatter(index) * BLOCK_BYTES) != BLOCK_BYTES) fail("short read");
}

static void read_list(const char *name) {
	FILE *list = fopen(name, "r");
	char *line = NULL;
	size_t room = 0, places = 0;
	ssize_t length;
	if (list == NULL) fail(name);
	while ((length = getline(&line, &room, list)) > 0) {
		if (line[length - 1] == '\n') line[--length] = 0;
		if (count == places) {
			places = places == 0 ? 1024 : places * 2;
			paths = realloc(paths, places * sizeof *paths);
			if (paths == NULL) fail("realloc");
		}
		paths[count++] = strdup(line);
	}
	fclose(list);
	free(line);
	if (count == 0) { errno = EINVAL; fail(name); }
}

int main(int argc, char **argv) {
	void (*work)(uint32_t) = NULL;
	unsigned long operations;
	if (argc == 3 && strcmp(argv[1], "whole") == 0) work = read_whole;
	if (argc == 3 && strcmp(argv[1], "stat") == 0) work = look;
	if (work != NULL) read_list(argv[2]);
	if (argc == 4 && strcmp(argv[1], "pread") == 0) {
		work = read_block;
		count = strtoul(argv[3], NULL, 10);
		fd = open(argv[2], O_RDONLY | O_CLOEXEC);
		if (fd < 0 || count == 0) fail(argv[2]);
	}
	if (work == NULL) {
		fprintf(stderr, "usage: ceiling whole LIST | stat LIST | pread FILE BLOCKS\n");
		return 2;
	}
	while (scanf("%lu", &operations) == 1) {
		int64_t cpu = now(CLOCK_PROCESS_CPUTIME_ID);
		int64_t started = now(CLOCK_MONOTONIC);
		for (unsigned long done = 0; done < operations; done++) work(next++);
		printf("%lld %lld\n", (long long)(now(CLOCK_MONOTONIC) - started), (long long)(now(CLOCK_PROCESS_CPUTIME_ID) - cpu));
		fflush(stdout);
	}
	return 0;
}
