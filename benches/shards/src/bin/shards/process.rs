//! Processes: signals, CPU time and memory.

use std::path::Path;
use std::process::Child;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use shard_benches::BoxError;

/// The clock ticks of `/proc/<pid>/stat` in a second: Linux reports 100 whatever the frequency of the kernel.
const TICKS: f64 = 100.0;

/// Sends a signal to a process that was not waited for.
pub(crate) fn signal(process: &Child, signal: Signal) -> Result<(), BoxError> {
    kill(Pid::from_raw(i32::try_from(process.id())?), signal)?;
    Ok(())
}

/// Returns the CPU time of a process in seconds, in user and kernel mode, or 0 if it has ended.
pub(crate) fn cpu(pid: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The name of the program, in parentheses, may contain spaces.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |index: usize| fields.get(index).and_then(|text| text.parse::<f64>().ok()).unwrap_or_default();
    (ticks(11) + ticks(12)) / TICKS
}

/// Returns the memory of a process in MB: `VmRSS` (current) or `VmHWM` (peak).
pub(crate) fn memory(pid: u32, field: &str) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with(field)).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|text| text.parse::<f64>().ok()).unwrap_or_default() / 1024.0
}

/// Returns the processes of kube-apiserver on this port and of its etcd, if they run on this machine.
pub(crate) fn control_plane(port: u16) -> Vec<u32> {
    let processes: Vec<(u32, Vec<String>)> = std::fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .map(|pid| (pid, arguments(pid)))
        .collect();
    let value = |arguments: &[String], flag: &str| {
        let position = arguments.iter().position(|argument| argument == flag)?;
        arguments.get(position + 1).cloned()
    };
    let is_program = |arguments: &[String], name: &str| {
        arguments.first().is_some_and(|path| Path::new(path).file_name().is_some_and(|file| file == name))
    };
    let port = Some(port.to_string());
    let is_server =
        |arguments: &[String]| is_program(arguments, "kube-apiserver") && value(arguments, "--secure-port") == port;
    let Some((server, its)) = processes.iter().find(|(_, arguments)| is_server(arguments)) else { return Vec::new() };
    let etcd = value(its, "--etcd-servers");
    let is_etcd =
        |arguments: &[String]| is_program(arguments, "etcd") && value(arguments, "--listen-client-urls") == etcd;
    let etcd = processes.iter().find(|(_, arguments)| is_etcd(arguments)).map(|(pid, _)| *pid);
    [Some(*server), etcd].into_iter().flatten().collect()
}

fn arguments(pid: u32) -> Vec<String> {
    let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    line.split(|byte| *byte == 0).map(|argument| String::from_utf8_lossy(argument).into_owned()).collect()
}
