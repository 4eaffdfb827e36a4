#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Slurm: an array with a task for each line of a list of jobs.
#   tools/hotplate jobs hunt KERNEL=arm64-stable SEEDS=1-1000 PARTS=100 > jobs.txt
#   sbatch --array=1-$(wc -l < jobs.txt) lab/slurm.sh jobs.txt
#SBATCH --job-name=hotplate
#SBATCH --cpus-per-task=1
#SBATCH --mem=2G
#SBATCH --time=04:00:00
#SBATCH --output=/dev/null
set -eu
cd "${SLURM_SUBMIT_DIR:?only sbatch runs this file}"
sed -n "${SLURM_ARRAY_TASK_ID:?sbatch needs --array=1-N}p" "${1:?which list of jobs?}" | sh
