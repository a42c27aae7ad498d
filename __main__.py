from mlops_iac.program import main

main()
