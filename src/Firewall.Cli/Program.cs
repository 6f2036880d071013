using Firewall.Cli;

return (int)await CommandLine.Run(args, Surroundings.OfProcess());
