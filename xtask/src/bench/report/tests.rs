use bench_record::Measurement;

use super::ratio::{Ratio, median};
use super::{Report, markdown, plot};

fn measurement(run: &str, candidate: &str, values: &[f64]) -> Measurement {
    Measurement {
        run: run.to_owned(),
        comparison: "lookups".to_owned(),
        case: "1000 objects, 0 changes/s".to_owned(),
        measure: "get_ns".to_owned(),
        candidate: candidate.to_owned(),
        values: values.to_vec(),
    }
}

#[test]
fn candidates_of_different_runs_are_not_compared() {
    let measurements = [measurement("1", "ours", &[1.0]), measurement("2", "kube", &[1.0])];
    let error = Report::new(&measurements).err().expect("an error").to_string();
    assert!(
        error.contains("ours and kube were not measured in one run: run `cargo xtask bench --only lookups`"),
        "{error}"
    );
}

#[test]
fn ratio_is_the_median_of_those_of_the_rounds() {
    let ratio = Ratio::new(&[10.0, 30.0, 20.0], &[10.0, 10.0, 10.0], false).unwrap();
    assert_eq!((ratio.median, ratio.least, ratio.most, ratio.rounds), (2.0, 1.0, 3.0, 3));
    let rate = Ratio::new(&[200.0], &[100.0], true).unwrap();
    assert!((rate.median - 0.5).abs() < f64::EPSILON, "more per second is better: {rate:?}");
    assert_eq!(Ratio::new(&[], &[1.0], false), None);
}

#[test]
fn median_of_an_even_number_is_the_mean_of_the_middle() {
    assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), Some(2.5));
    assert_eq!(median(&[]), None);
}

#[test]
fn report_contains_ratios_with_their_spread_and_goals() {
    let measurements = [measurement("1", "ours", &[1.0, 1.4]), measurement("1", "kube", &[1.0, 1.0])];
    let report = Report::new(&measurements).unwrap();
    let text = markdown::text(&report, "- 2 cores\n");
    assert!(
        text.contains("| 1000 objects, 0 changes/s | get_ns | ours | 1.20 | 1.00 | kube | 1.20 (1.00 to 1.40) |"),
        "{text}"
    );
    assert!(text.contains("| a read by name costs at most 1.2 of kube's | 1.2 | 1.20 | met |"), "{text}");
    assert!(text.contains("| not measured |"), "{text}");
    let plot = plot::svg("lookups", &report.comparisons[0].1);
    assert!(plot.contains("get_ns: ours / kube</text>"), "{plot}");
}
