/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Cgroup paths as they are found on real machines, and what they must be read as. */
#include "container.h"
#include "unit.h"

#define ID "4f1c0e5a9b7d3e2f8a6c1b0d9e8f7a6b5c4d3e2f1a0b9c8d7e6f5a4b3c2d1e0f"
#define ID2 "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define POD "pod7f0b8a2e_3c1d_4f5e_9a6b_0c1d2e3f4a5b"

static const struct {
	const char *path;
	enum container_runtime runtime;
	const char *id, *unit;
} paths[] = {
	{ "/", RUNTIME_NONE, "", "" },
	{ "", RUNTIME_NONE, "", "" },
	{ "/init.scope", RUNTIME_NONE, "", "init.scope" },
	{ "/user.slice/user-1000.slice/session-3.scope", RUNTIME_NONE, "", "session-3.scope" },
	{ "/user.slice/user-1000.slice/user@1000.service/app.slice/app-org.kde.slice/vte-1.scope",
	  RUNTIME_NONE, "", "vte-1.scope" },
	{ "/user.slice/user-1000.slice/user@1000.service/app.slice", RUNTIME_NONE, "", "user@1000.service" },
	{ "/system.slice/ssh.service", RUNTIME_NONE, "", "ssh.service" },
	{ "/system.slice/system-getty.slice/getty@tty1.service", RUNTIME_NONE, "", "getty@tty1.service" },
	{ "/system.slice/foo.service/sub", RUNTIME_NONE, "", "foo.service" },
	{ "/system.slice/dev-hugepages.mount", RUNTIME_NONE, "", "dev-hugepages.mount" },
	{ "/system.slice/docker.socket", RUNTIME_NONE, "", "docker.socket" },
	{ "/system.slice/dev-sda2.swap", RUNTIME_NONE, "", "dev-sda2.swap" },
	{ "/system.slice", RUNTIME_NONE, "", "" },
	{ "/weird/.service", RUNTIME_NONE, "", "" },
	{ "/docker/" ID, RUNTIME_DOCKER, ID, "" },
	{ "/system.slice/docker-" ID ".scope", RUNTIME_DOCKER, ID, "docker-" ID ".scope" },
	{ ".../docker-" ID ".scope", RUNTIME_DOCKER, ID, "docker-" ID ".scope" },
	{ "/user.slice/user-1000.slice/user@1000.service/user.slice/docker-" ID ".scope", RUNTIME_DOCKER, ID,
	  "docker-" ID ".scope" },
	{ "/docker/" ID "/system.slice/nginx.service", RUNTIME_DOCKER, ID, "nginx.service" },
	{ "/docker/" ID "/docker/" ID2, RUNTIME_DOCKER, ID2, "" },
	{ "/docker/" ID "/kubelet/kubepods/burstable/" POD "/" ID2, RUNTIME_CONTAINERD, ID2, "" },
	{ "/system.slice/docker.service", RUNTIME_NONE, "", "docker.service" },
	{ "/kubepods/besteffort/" POD "/" ID, RUNTIME_CONTAINERD, ID, "" },
	{ "/kubepods/burstable/" POD, RUNTIME_NONE, "", "" },
	{ "/kubepods.slice/kubepods-besteffort.slice/kubepods-" POD ".slice/cri-containerd-" ID ".scope",
	  RUNTIME_CONTAINERD, ID, "cri-containerd-" ID ".scope" },
	{ "/kubepods.slice/kubepods-" POD ".slice/docker-" ID ".scope", RUNTIME_DOCKER, ID,
	  "docker-" ID ".scope" },
	{ "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-" POD ".slice/" ID,
	  RUNTIME_CONTAINERD, ID, "" },
	{ "/system.slice/containerd.service/kubepods-burstable-" POD ".slice:cri-containerd:" ID,
	  RUNTIME_CONTAINERD, ID, "containerd.service" },
	{ "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-" POD ".slice/crio-" ID ".scope",
	  RUNTIME_CRIO, ID, "crio-" ID ".scope" },
	{ "/kubepods.slice/kubepods-burstable-" POD ".slice/crio-" ID ".scope/container", RUNTIME_CRIO, ID,
	  "crio-" ID ".scope" },
	{ "/kubepods.slice/kubepods-burstable-" POD ".slice/crio-conmon-" ID ".scope", RUNTIME_NONE, "",
	  "crio-conmon-" ID ".scope" },
	{ "/kubepods/burstable/" POD "/crio-" ID, RUNTIME_CRIO, ID, "" },
	{ "/machine.slice/libpod-" ID ".scope", RUNTIME_PODMAN, ID, "libpod-" ID ".scope" },
	{ "/machine.slice/libpod-" ID ".scope/container", RUNTIME_PODMAN, ID, "libpod-" ID ".scope" },
	{ "/machine.slice/libpod-conmon-" ID ".scope", RUNTIME_NONE, "", "libpod-conmon-" ID ".scope" },
	{ "/libpod_parent/libpod-" ID, RUNTIME_PODMAN, ID, "" },
	{ "/libpod_parent/" ID, RUNTIME_PODMAN, ID, "" },
	{ "/system.slice/web.service/libpod-payload-" ID, RUNTIME_PODMAN, ID, "web.service" },
	{ "/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" ID ".scope/container",
	  RUNTIME_PODMAN, ID, "libpod-" ID ".scope" },
	{ "/system.slice/nerdctl-" ID ".scope", RUNTIME_CONTAINERD, ID, "nerdctl-" ID ".scope" },
	{ "/k8s.io/" ID, RUNTIME_CONTAINERD, ID, "" },
	{ "/ecs/0123456789abcdef0123456789abcdef/" ID, RUNTIME_UNKNOWN, ID, "" },
	{ "/default/" ID, RUNTIME_UNKNOWN, ID, "" },
	{ "/docker/buildkit/k1x8zr0v2n7j4m5q6w3e9t8y7", RUNTIME_NONE, "", "" },
	{ "/docker/0123456789AB" ID, RUNTIME_NONE, "", "" },
	{ "/docker/4f1c0e5a9b7d", RUNTIME_NONE, "", "" },
	{ "/docker/" ID "0", RUNTIME_NONE, "", "" },
	{ "/docker/G" ID2, RUNTIME_NONE, "", "" },
	{ "/system.slice/docker-" ID ".service", RUNTIME_NONE, "", "docker-" ID ".service" },
	{ "/lxc.payload.web1/system.slice/nginx.service", RUNTIME_NONE, "", "nginx.service" },
};

static void real_paths(void)
{
	size_t i;

	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct text unit_name;
		struct container c;

		container__parse(text__str(paths[i].path), &c, &unit_name);
		if (c.runtime != paths[i].runtime)
			unit__fail(__FILE__, __LINE__, "%s: runtime %d", paths[i].path, c.runtime);
		CHECK_BYTES(c.id.bytes, c.id.len, paths[i].id, strlen(paths[i].id));
		CHECK_BYTES(unit_name.bytes, unit_name.len, paths[i].unit, strlen(paths[i].unit));
	}
}

/* The path is not NUL-terminated; an exact allocation lets the sanitizer see a byte too far. */
static void stays_inside(void)
{
	const char path[] = "/system.slice/docker-" ID ".scope";
	const size_t whole = strlen(path);
	size_t len;

	for (len = 1; len <= whole; len++) {
		char *exact = malloc(len);
		struct text unit_name;
		struct container c;

		if (!exact)
			abort();
		memcpy(exact, path, len);
		container__parse((struct text){ exact, len }, &c, &unit_name);
		/* whole, or cut exactly before ".scope" */
		if (len == whole || len == whole - strlen(".scope"))
			CHECK(c.runtime == RUNTIME_DOCKER);
		else
			CHECK(c.runtime == RUNTIME_NONE);
		free(exact);
	}
}

int main(void)
{
	UNIT(real_paths);
	UNIT(stays_inside);
	return unit__end();
}
