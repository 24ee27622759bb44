#!/usr/bin/env bash
# Makes sure that the tests have a Chromium, a CJK font (without one every screenshot is boxes) and strace.
set -euo pipefail
wanted=()
command -v chromium >/dev/null || command -v chromium-browser >/dev/null || wanted+=(chromium)
command -v strace >/dev/null || wanted+=(strace)
fc-list :lang=zh-cn family 2>/dev/null | grep -q . || wanted+=(fontconfig fonts-noto-cjk)
[ ${#wanted[@]} -eq 0 ] && exit 0
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
  echo "the tests need: ${wanted[*]} — install them first, e.g. sudo apt-get install ${wanted[*]}" >&2
  exit 1
fi
echo "installing ${wanted[*]} …" >&2
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends "${wanted[@]}" >/dev/null
