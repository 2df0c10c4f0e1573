#!/bin/sh
# Builds the relay's image, checks it as it will run, and writes it as an OCI archive: the digest is the archive's, whatever
# registry it is pushed to. Called from the checkout's top; needs docker with buildx.
#   build-image.sh COMMIT ARCHIVE
set -eu

commit=$1 archive=$2
largest_megabytes=250
mkdir -p "$(dirname "$archive")"
docker buildx inspect relay-builder >/dev/null 2>&1 || docker buildx create --name relay-builder --driver docker-container

build() {
    # The commit's own time instead of now: the same commit gives the same layers.
    SOURCE_DATE_EPOCH=$(git log -1 --format=%ct "$commit") docker buildx build --builder relay-builder \
        --file notifications/relay/Dockerfile --label "org.opencontainers.image.revision=$commit" \
        --provenance=false "$@" .
}
build --load --tag relay:checked
build --output "type=oci,dest=$archive,rewrite-timestamp=true"

in_image() {
    docker run --rm --read-only --cap-drop ALL --security-opt no-new-privileges --network none --entrypoint python \
        relay:checked -c "$1"
}
in_image 'import os; assert os.getuid() == 10001, os.getuid()'
in_image 'import notifications.relay.__main__'
in_image 'import importlib.util as u; assert not u.find_spec("pip"), "pip is in the image"'
megabytes=$(($(docker image inspect --format '{{.Size}}' relay:checked) / 1000000))
echo "$megabytes MB"
[ "$megabytes" -le "$largest_megabytes" ] || { echo "more than $largest_megabytes MB" >&2; exit 1; }
